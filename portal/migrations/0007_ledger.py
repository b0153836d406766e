import django.db.models.deletion
import portal.ids
import simple_history.models
from django.conf import settings
from django.db import migrations, models
from portal import migrating


class Migration(migrating.Migration):

    dependencies = [
        ('portal', '0001_squashed_0006_message_traffic'),
    ]

    operations = [
        migrations.CreateModel(
            name='SigningKey',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('vkey', models.CharField(help_text='Verifier key of a C2SP signed note.', max_length=200, unique=True)),
                ('made_at', models.DateTimeField()),
            ],
            options={
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Subtree',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('level', models.PositiveSmallIntegerField()),
                ('index', models.BigIntegerField()),
                ('hash', models.CharField(max_length=64)),
            ],
            options={
                'indexes': [],
                'constraints': [models.UniqueConstraint(fields=('level', 'index'), name='portal_subtree_place')],
            },
        ),
        migrations.CreateModel(
            name='Checkpoint',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('size', models.BigIntegerField(help_text='Entries that it covers.')),
                ('root', models.CharField(max_length=64)),
                ('note', models.TextField(help_text='The signed note, without cosignatures.')),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['size'], name='portal_checkpoint_size'), models.Index(fields=['at'], name='portal_checkpoint_at')],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Leaf',
            fields=[
                ('index', models.BigIntegerField(help_text='From 0.', primary_key=True, serialize=False)),
                ('hash', models.CharField(max_length=64)),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='leaf', to='portal.auditentry')),
            ],
            options={
                'indexes': [],
                'constraints': [models.CheckConstraint(condition=models.Q(('index__gte', 0)), name='portal_leaf_index')],
            },
        ),
        migrations.CreateModel(
            name='Witness',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120, unique=True)),
                ('kind', models.CharField(choices=[('mail', 'e-mail'), ('file', 'file'), ('cosign', 'cosigning witness')], max_length=16)),
                ('address', models.CharField(help_text='E-mail address, name of a file in the directory of witnesses, or https:// address.', max_length=500)),
                ('vkey', models.CharField(blank=True, help_text='Public key of a cosigning witness.', max_length=200)),
                ('every_minutes', models.PositiveIntegerField(default=60, help_text='How often it gets a checkpoint.')),
                ('alarm_minutes', models.PositiveIntegerField(default=1440, help_text='Operators are told when it has taken none for so long.')),
                ('is_active', models.BooleanField(default=True)),
                ('made_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'witnesses',
                'indexes': [],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['mail', 'file', 'cosign'])), name='portal_witness_kind'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'cosign'), ('vkey__gt', '')), models.Q(models.Q(('kind', 'cosign'), _negated=True), ('vkey', '')), _connector='OR'), name='portal_witness_vkey'), models.CheckConstraint(condition=models.Q(('every_minutes__gte', 1)), name='portal_witness_every'), models.CheckConstraint(condition=models.Q(('alarm_minutes__gte', models.F('every_minutes'))), name='portal_witness_alarm_after_every')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalWitness',
            fields=[
                ('reason', models.CharField(max_length=500)),
                ('request_id', models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ('actor_label', models.CharField(max_length=120)),
                ('id', models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ('name', models.CharField(db_index=True, max_length=120)),
                ('kind', models.CharField(choices=[('mail', 'e-mail'), ('file', 'file'), ('cosign', 'cosigning witness')], max_length=16)),
                ('address', models.CharField(help_text='E-mail address, name of a file in the directory of witnesses, or https:// address.', max_length=500)),
                ('vkey', models.CharField(blank=True, help_text='Public key of a cosigning witness.', max_length=200)),
                ('every_minutes', models.PositiveIntegerField(default=60, help_text='How often it gets a checkpoint.')),
                ('alarm_minutes', models.PositiveIntegerField(default=1440, help_text='Operators are told when it has taken none for so long.')),
                ('is_active', models.BooleanField(default=True)),
                ('made_at', models.DateTimeField()),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical witness',
                'verbose_name_plural': 'historical witnesses',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
                'indexes': [],
                'constraints': [],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Witnessing',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('result', models.CharField(choices=[('taken', 'taken'), ('refused', 'refused'), ('unreachable', 'not reached')], max_length=16)),
                ('detail', models.CharField(blank=True, max_length=500)),
                ('signatures', models.TextField(blank=True, help_text='Verified cosignature lines.')),
                ('checkpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='witnessings', to='portal.checkpoint')),
                ('witness', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='witnessings', to='portal.witness')),
            ],
            options={
                'indexes': [models.Index(fields=['witness', 'id'], name='portal_witnessing_last')],
                'constraints': [models.CheckConstraint(condition=models.Q(('result__in', ['taken', 'refused', 'unreachable'])), name='portal_witnessing_result')],
            },
        ),
        migrations.CreateModel(
            name='AuditRun',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('verify', 'verification'), ('pack', 'evidence pack')], max_length=16)),
                ('about', models.JSONField(blank=True, default=dict, help_text='Its kind, key, period and sample.')),
                ('asked_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('done', 'done'), ('failed', 'failed'), ('stopped', 'stopped')], default='waiting', max_length=16)),
                ('beat_at', models.DateTimeField(blank=True, null=True)),
                ('token', models.UUIDField(blank=True, help_text='Of the worker that holds it.', null=True)),
                ('done', models.BigIntegerField(default=0)),
                ('total', models.BigIntegerField(default=0)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('report', models.JSONField(blank=True, default=dict, help_text='Figures and findings.')),
                ('file', models.CharField(blank=True, help_text='Below DATA_DIR/packs.', max_length=500)),
                ('digest', models.CharField(blank=True, help_text='SHA-256 of the file.', max_length=64)),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['waiting', 'running'])), fields=['asked_at'], name='portal_auditrun_open'), models.Index(fields=['kind', 'asked_at'], name='portal_auditrun_kind_at')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['verify', 'pack'])), name='portal_auditrun_kind'), models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'running', 'done', 'failed', 'stopped'])), name='portal_auditrun_state'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state__in', ['waiting', 'running'])), models.Q(('ended_at__isnull', False), ('state__in', ['done', 'failed', 'stopped'])), _connector='OR'), name='portal_auditrun_ended')],
            },
        ),
        migrations.CreateModel(
            name='LegalHold',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('subject_type', models.CharField(blank=True, help_text='Model label, e.g. portal.user; empty holds everything.', max_length=64)),
                ('subject_id', models.CharField(blank=True, max_length=64)),
                ('why', models.CharField(max_length=500)),
                ('set_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('lifted_at', None)), fields=['subject_type', 'subject_id'], name='portal_hold_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('subject_id', ''), ('subject_type', '')), models.Q(('subject_id__gt', ''), ('subject_type__gt', '')), _connector='OR'), name='portal_legalhold_subject')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalLegalHold',
            fields=[
                ('reason', models.CharField(max_length=500)),
                ('request_id', models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ('actor_label', models.CharField(max_length=120)),
                ('id', models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ('subject_type', models.CharField(blank=True, help_text='Model label, e.g. portal.user; empty holds everything.', max_length=64)),
                ('subject_id', models.CharField(blank=True, max_length=64)),
                ('why', models.CharField(max_length=500)),
                ('set_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('set_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical legal hold',
                'verbose_name_plural': 'historical legal holds',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
                'indexes': [],
                'constraints': [],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['at'], name='portal_audit_at'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(condition=models.Q(('actor__isnull', False)), fields=['actor', 'id'], name='portal_audit_actor'),
        ),
    ]

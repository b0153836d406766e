"""Change control: boards, delegations, comments, checks, training and what a change request has to say."""

import django.db.models.deletion
import portal.ids
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('governance', '0007_workflow_changes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Attestation',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('digest', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Board',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('key', models.SlugField(max_length=64, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('purpose', models.CharField(blank=True, help_text='What it decides about.', max_length=500)),
                ('is_active', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='BoardGroupObjectPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='BoardSeat',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('function', models.CharField(blank=True, help_text='For instance product, engineering or operations.', max_length=120)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, help_text='The last day; empty: until further notice.', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='BoardUserObjectPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('path', models.CharField(blank=True, help_text='JSON pointer with row keys; empty: about the whole change.', max_length=400)),
                ('quote', models.CharField(blank=True, help_text='What stood there.', max_length=200)),
                ('text', models.CharField(max_length=500)),
                ('is_blocking', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(blank=True, choices=[('matrix', 'ownership matrix'), ('escalation', 'escalation policy'), ('rubric', 'triage rubric'), ('module', 'playbook module'), ('playbook', 'playbook'), ('approval', 'approval policy'), ('communication', 'communication plan'), ('glossary', 'glossary')], help_text='Only for documents of this kind; empty: for all.', max_length=16)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, help_text='When it was taken back before its time.', null=True)),
                ('why', models.CharField(max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name='DocumentCheck',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('outcome', models.CharField(choices=[('confirm', 'still right'), ('change', 'has to change'), ('retire', 'not needed any more')], max_length=16)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='DocumentGroupObjectPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='DocumentUserObjectPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='FreezeWindow',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(blank=True, choices=[('matrix', 'ownership matrix'), ('escalation', 'escalation policy'), ('rubric', 'triage rubric'), ('module', 'playbook module'), ('playbook', 'playbook'), ('approval', 'approval policy'), ('communication', 'communication plan'), ('glossary', 'glossary')], help_text='Only documents of this kind; empty: all.', max_length=16)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('why', models.CharField(max_length=500)),
                ('is_withdrawn', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='GovernanceReview',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reference', models.CharField(max_length=32, unique=True)),
                ('occasion', models.CharField(choices=[('quarter', 'every quarter'), ('going_live', 'a workflow goes live'), ('platform', 'a platform has changed'), ('sev1', 'a SEV1 incident was closed')], max_length=16)),
                ('key', models.CharField(help_text='One review for each occasion.', max_length=200, unique=True)),
                ('title', models.CharField(max_length=200)),
                ('subject_type', models.CharField(blank=True, editable=False, max_length=64)),
                ('subject_id', models.UUIDField(blank=True, editable=False, null=True)),
                ('opened_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('agenda', models.JSONField(default=list, help_text='[{key, title, facts: [text], note}]')),
                ('held_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='HistoricalBoard',
            fields=[
                ('reason', models.CharField(max_length=500)),
                ('request_id', models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ('actor_label', models.CharField(max_length=120)),
                ('id', models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ('key', models.SlugField(max_length=64)),
                ('name', models.CharField(max_length=120)),
                ('purpose', models.CharField(blank=True, help_text='What it decides about.', max_length=500)),
                ('is_active', models.BooleanField(default=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical board',
                'verbose_name_plural': 'historical boards',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalBoardSeat',
            fields=[
                ('reason', models.CharField(max_length=500)),
                ('request_id', models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ('actor_label', models.CharField(max_length=120)),
                ('id', models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ('function', models.CharField(blank=True, help_text='For instance product, engineering or operations.', max_length=120)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, help_text='The last day; empty: until further notice.', null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical board seat',
                'verbose_name_plural': 'historical board seats',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalComment',
            fields=[
                ('reason', models.CharField(max_length=500)),
                ('request_id', models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ('actor_label', models.CharField(max_length=120)),
                ('id', models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ('path', models.CharField(blank=True, help_text='JSON pointer with row keys; empty: about the whole change.', max_length=400)),
                ('quote', models.CharField(blank=True, help_text='What stood there.', max_length=200)),
                ('text', models.CharField(max_length=500)),
                ('is_blocking', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical comment',
                'verbose_name_plural': 'historical comments',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalDelegation',
            fields=[
                ('reason', models.CharField(max_length=500)),
                ('request_id', models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ('actor_label', models.CharField(max_length=120)),
                ('id', models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ('kind', models.CharField(blank=True, choices=[('matrix', 'ownership matrix'), ('escalation', 'escalation policy'), ('rubric', 'triage rubric'), ('module', 'playbook module'), ('playbook', 'playbook'), ('approval', 'approval policy'), ('communication', 'communication plan'), ('glossary', 'glossary')], help_text='Only for documents of this kind; empty: for all.', max_length=16)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, help_text='When it was taken back before its time.', null=True)),
                ('why', models.CharField(max_length=500)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical delegation',
                'verbose_name_plural': 'historical delegations',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalFreezeWindow',
            fields=[
                ('reason', models.CharField(max_length=500)),
                ('request_id', models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ('actor_label', models.CharField(max_length=120)),
                ('id', models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ('kind', models.CharField(blank=True, choices=[('matrix', 'ownership matrix'), ('escalation', 'escalation policy'), ('rubric', 'triage rubric'), ('module', 'playbook module'), ('playbook', 'playbook'), ('approval', 'approval policy'), ('communication', 'communication plan'), ('glossary', 'glossary')], help_text='Only documents of this kind; empty: all.', max_length=16)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('why', models.CharField(max_length=500)),
                ('is_withdrawn', models.BooleanField(default=False)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical freeze window',
                'verbose_name_plural': 'historical freeze windows',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalGovernanceReview',
            fields=[
                ('reason', models.CharField(max_length=500)),
                ('request_id', models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ('actor_label', models.CharField(max_length=120)),
                ('id', models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ('reference', models.CharField(db_index=True, max_length=32)),
                ('occasion', models.CharField(choices=[('quarter', 'every quarter'), ('going_live', 'a workflow goes live'), ('platform', 'a platform has changed'), ('sev1', 'a SEV1 incident was closed')], max_length=16)),
                ('key', models.CharField(db_index=True, help_text='One review for each occasion.', max_length=200)),
                ('title', models.CharField(max_length=200)),
                ('subject_type', models.CharField(blank=True, editable=False, max_length=64)),
                ('subject_id', models.UUIDField(blank=True, editable=False, null=True)),
                ('opened_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('agenda', models.JSONField(default=list, help_text='[{key, title, facts: [text], note}]')),
                ('held_at', models.DateTimeField(blank=True, null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical governance review',
                'verbose_name_plural': 'historical governance reviews',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalTopic',
            fields=[
                ('reason', models.CharField(max_length=500)),
                ('request_id', models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ('actor_label', models.CharField(max_length=120)),
                ('id', models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ('key', models.SlugField(max_length=64)),
                ('title', models.CharField(max_length=200)),
                ('valid_days', models.PositiveIntegerField(blank=True, help_text='Days after which it has to be learned again; empty: never.', null=True)),
                ('is_active', models.BooleanField(default=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical topic',
                'verbose_name_plural': 'historical topics',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalTraining',
            fields=[
                ('reason', models.CharField(max_length=500)),
                ('request_id', models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ('actor_label', models.CharField(max_length=120)),
                ('id', models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ('learned_on', models.DateField()),
                ('valid_until', models.DateField(blank=True, null=True)),
                ('proof', models.CharField(blank=True, help_text='How it is known, or where.', max_length=500)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical training',
                'verbose_name_plural': 'historical trainings',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Topic',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('key', models.SlugField(max_length=64, unique=True)),
                ('title', models.CharField(max_length=200)),
                ('valid_days', models.PositiveIntegerField(blank=True, help_text='Days after which it has to be learned again; empty: never.', null=True)),
                ('is_active', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='Training',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('learned_on', models.DateField()),
                ('valid_until', models.DateField(blank=True, null=True)),
                ('proof', models.CharField(blank=True, help_text='How it is known, or where.', max_length=500)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='changerequest',
            name='governance_changerequest_model',
        ),
        migrations.RemoveConstraint(
            model_name='document',
            name='governance_document_scope',
        ),
        migrations.RemoveConstraint(
            model_name='document',
            name='governance_document_kind',
        ),
        migrations.RenameField(
            model_name='review',
            old_name='note',
            new_name='rationale',
        ),
        migrations.RemoveField(
            model_name='review',
            name='rule',
        ),
        migrations.AddField(
            model_name='changerequest',
            name='action',
            field=models.CharField(choices=[('publish', 'put into force'), ('retire', 'retire'), ('restore', 'bring back')], default='publish', max_length=16),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='answer_by',
            field=models.DateTimeField(blank=True, help_text='Until when whoever asked has to answer; empty while reviewers have it.', null=True),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='answer_seconds',
            field=models.PositiveIntegerField(default=0, help_text='Seconds that are left to answer while reviewers have it.'),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='answers',
            field=models.JSONField(blank=True, default=dict, help_text='Risk questions that were answered with yes.'),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='approved_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='calculated_band',
            field=models.CharField(choices=[('low', 'low'), ('medium', 'medium'), ('high', 'high')], default='low', max_length=8),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='closed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='expires_at',
            field=models.DateTimeField(blank=True, help_text='An approval that is not used lapses then.', null=True),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='falls_back_at',
            field=models.DateTimeField(blank=True, help_text='A limited change: the version before comes back then (D116).', null=True),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='ground',
            field=models.CharField(blank=True, help_text='The open incident that an emergency change is for.', max_length=200),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='ground_id',
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='ground_type',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='outcome',
            field=models.CharField(blank=True, help_text='Why it ended as it did.', max_length=500),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='policy',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='judges', to='governance.version'),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='publish_at',
            field=models.DateTimeField(blank=True, help_text='Not before; empty: as soon as approved.', null=True),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='retrospective',
            field=models.CharField(choices=[('none', 'not needed'), ('waiting', 'waits'), ('accepted', 'accepted'), ('rejected', 'rejected')], default='none', max_length=16),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='retrospective_by',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='stated_band',
            field=models.CharField(choices=[('low', 'low'), ('medium', 'medium'), ('high', 'high')], default='low', max_length=8),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='submitted_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='successor',
            field=models.ForeignKey(blank=True, help_text='What replaces it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='governance.document'),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='undoes',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='undone_by', to='governance.changerequest'),
        ),
        migrations.AddField(
            model_name='document',
            name='recheck_since',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='document',
            name='recheck_why',
            field=models.CharField(blank=True, editable=False, max_length=500),
        ),
        migrations.AddField(
            model_name='document',
            name='retired_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='document',
            name='review_by',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='document',
            name='review_every_days',
            field=models.PositiveIntegerField(blank=True, help_text='Days after which somebody looks whether it still fits.', null=True),
        ),
        migrations.AddField(
            model_name='document',
            name='successor',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaces', to='governance.document'),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='action',
            field=models.CharField(choices=[('publish', 'put into force'), ('retire', 'retire'), ('restore', 'bring back')], default='publish', max_length=16),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='answer_by',
            field=models.DateTimeField(blank=True, help_text='Until when whoever asked has to answer; empty while reviewers have it.', null=True),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='answer_seconds',
            field=models.PositiveIntegerField(default=0, help_text='Seconds that are left to answer while reviewers have it.'),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='answers',
            field=models.JSONField(blank=True, default=dict, help_text='Risk questions that were answered with yes.'),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='approved_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='calculated_band',
            field=models.CharField(choices=[('low', 'low'), ('medium', 'medium'), ('high', 'high')], default='low', max_length=8),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='closed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='expires_at',
            field=models.DateTimeField(blank=True, help_text='An approval that is not used lapses then.', null=True),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='falls_back_at',
            field=models.DateTimeField(blank=True, help_text='A limited change: the version before comes back then (D116).', null=True),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='ground',
            field=models.CharField(blank=True, help_text='The open incident that an emergency change is for.', max_length=200),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='ground_id',
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='ground_type',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='outcome',
            field=models.CharField(blank=True, help_text='Why it ended as it did.', max_length=500),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='policy',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='governance.version'),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='publish_at',
            field=models.DateTimeField(blank=True, help_text='Not before; empty: as soon as approved.', null=True),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='retrospective',
            field=models.CharField(choices=[('none', 'not needed'), ('waiting', 'waits'), ('accepted', 'accepted'), ('rejected', 'rejected')], default='none', max_length=16),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='retrospective_by',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='stated_band',
            field=models.CharField(choices=[('low', 'low'), ('medium', 'medium'), ('high', 'high')], default='low', max_length=8),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='submitted_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='successor',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text='What replaces it.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='governance.document'),
        ),
        migrations.AddField(
            model_name='historicalchangerequest',
            name='undoes',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='governance.changerequest'),
        ),
        migrations.AddField(
            model_name='historicaldocument',
            name='recheck_since',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='historicaldocument',
            name='recheck_why',
            field=models.CharField(blank=True, editable=False, max_length=500),
        ),
        migrations.AddField(
            model_name='historicaldocument',
            name='retired_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='historicaldocument',
            name='review_by',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='historicaldocument',
            name='review_every_days',
            field=models.PositiveIntegerField(blank=True, help_text='Days after which somebody looks whether it still fits.', null=True),
        ),
        migrations.AddField(
            model_name='historicaldocument',
            name='successor',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='governance.document'),
        ),
        migrations.AddField(
            model_name='review',
            name='band',
            field=models.CharField(blank=True, help_text='The risk as whoever validates it sees it (D52).', max_length=8),
        ),
        migrations.AddField(
            model_name='review',
            name='is_confirmed',
            field=models.BooleanField(default=False, help_text='The password or key was asked for once more.'),
        ),
        migrations.AddField(
            model_name='review',
            name='is_retrospective',
            field=models.BooleanField(default=False, help_text='Judges an emergency change afterwards.'),
        ),
        migrations.AddField(
            model_name='review',
            name='on_behalf_of',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reviews_by_others', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='changerequest',
            name='model',
            field=models.CharField(choices=[('standard', 'standard'), ('normal', 'normal'), ('emergency', 'emergency'), ('genesis', 'first policy'), ('repair', 'repair of the policy')], default='normal', max_length=16),
        ),
        migrations.AlterField(
            model_name='document',
            name='kind',
            field=models.CharField(choices=[('matrix', 'ownership matrix'), ('escalation', 'escalation policy'), ('rubric', 'triage rubric'), ('module', 'playbook module'), ('playbook', 'playbook'), ('approval', 'approval policy'), ('communication', 'communication plan'), ('glossary', 'glossary')], max_length=16),
        ),
        migrations.AlterField(
            model_name='historicalchangerequest',
            name='model',
            field=models.CharField(choices=[('standard', 'standard'), ('normal', 'normal'), ('emergency', 'emergency'), ('genesis', 'first policy'), ('repair', 'repair of the policy')], default='normal', max_length=16),
        ),
        migrations.AlterField(
            model_name='historicaldocument',
            name='kind',
            field=models.CharField(choices=[('matrix', 'ownership matrix'), ('escalation', 'escalation policy'), ('rubric', 'triage rubric'), ('module', 'playbook module'), ('playbook', 'playbook'), ('approval', 'approval policy'), ('communication', 'communication plan'), ('glossary', 'glossary')], max_length=16),
        ),
        migrations.AlterField(
            model_name='review',
            name='verdict',
            field=models.CharField(choices=[('approve', 'approve'), ('request_changes', 'ask for changes'), ('veto', 'veto'), ('abstain', 'abstain'), ('recuse', 'step aside')], max_length=16),
        ),
        migrations.AddIndex(
            model_name='changerequest',
            index=models.Index(condition=models.Q(('state__in', ['draft', 'in_review', 'approved', 'scheduled'])), fields=['-requested_at', '-id'], name='governance_changerequest_open'),
        ),
        migrations.AddIndex(
            model_name='changerequest',
            index=models.Index(fields=['-requested_at', '-id'], name='governance_changerequest_new'),
        ),
        migrations.RunSQL(
            # What was put into force before there was a policy was sent for review when it was published.
            [
                "UPDATE governance_changerequest SET submitted_at = COALESCE(published_at, requested_at)"
                " WHERE state NOT IN ('draft', 'withdrawn')",
                "UPDATE governance_changerequest SET state = 'closed', closed_at = published_at"
                " WHERE state = 'published' AND NOT EXISTS (SELECT 1 FROM governance_document"
                " WHERE governance_document.effective_version_id = governance_changerequest.version_id)",
            ],
            migrations.RunSQL.noop,
            elidable=True,
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(('model__in', ['standard', 'normal', 'emergency', 'genesis', 'repair'])), name='governance_changerequest_model'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(('action__in', ['publish', 'retire', 'restore'])), name='governance_changerequest_action'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(('calculated_band__in', ['low', 'medium', 'high']), ('stated_band__in', ['low', 'medium', 'high'])), name='governance_changerequest_band'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'draft'), ('state', 'withdrawn'), ('submitted_at__isnull', False), _connector='OR'), name='governance_changerequest_submitted'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'scheduled'), _negated=True), ('publish_at__isnull', False), _connector='OR'), name='governance_changerequest_scheduled'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['published', 'rolled_back']), _negated=True), ('published_at__isnull', False), _connector='OR'), name='governance_changerequest_published'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(('falls_back_at', None), ('publish_at', None), ('falls_back_at__gt', models.F('publish_at')), _connector='OR'), name='governance_changerequest_limited'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ground_id__isnull', False), ('model', 'emergency')), models.Q(models.Q(('model', 'emergency'), _negated=True), ('ground_id', None), ('retrospective', 'none')), _connector='OR'), name='governance_changerequest_ground'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(('retrospective', 'none'), ('retrospective_by__isnull', False), _connector='OR'), name='governance_changerequest_retrospective'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.UniqueConstraint(condition=models.Q(('kind__in', ('matrix', 'escalation', 'rubric', 'approval', 'communication', 'glossary'))), fields=('kind', 'scope_kind', 'scope_value'), name='governance_document_scope'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['matrix', 'escalation', 'rubric', 'module', 'playbook', 'approval', 'communication', 'glossary'])), name='governance_document_kind'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(('retired_at', None), ('effective_version', None), _connector='OR'), name='governance_document_retired'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(('review_every_days', None), ('review_every_days__gte', 1), _connector='OR'), name='governance_document_review_every'),
        ),
        migrations.AddField(
            model_name='attestation',
            name='person',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='attestations', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='attestation',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attestations', to='governance.version'),
        ),
        migrations.AddField(
            model_name='boardgroupobjectpermission',
            name='content_object',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='governance.board'),
        ),
        migrations.AddField(
            model_name='boardgroupobjectpermission',
            name='group',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.group'),
        ),
        migrations.AddField(
            model_name='boardgroupobjectpermission',
            name='permission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission'),
        ),
        migrations.AddField(
            model_name='boardseat',
            name='board',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='seats', to='governance.board'),
        ),
        migrations.AddField(
            model_name='boardseat',
            name='deputy',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='board_deputies', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='boardseat',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='board_seats', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='boarduserobjectpermission',
            name='content_object',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='governance.board'),
        ),
        migrations.AddField(
            model_name='boarduserobjectpermission',
            name='permission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission'),
        ),
        migrations.AddField(
            model_name='boarduserobjectpermission',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='comment',
            name='answers',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='governance.comment'),
        ),
        migrations.AddField(
            model_name='comment',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='change_comments', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='comment',
            name='change_request',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='governance.changerequest'),
        ),
        migrations.AddField(
            model_name='comment',
            name='settled_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='comment',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='governance.version'),
        ),
        migrations.AddField(
            model_name='delegation',
            name='board',
            field=models.ForeignKey(blank=True, help_text='Only for the seat on this board; empty: for everything.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to='governance.board'),
        ),
        migrations.AddField(
            model_name='delegation',
            name='giver',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations_given', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='delegation',
            name='taker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations_taken', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='review',
            name='delegation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='governance.delegation'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('band__in', ['', 'low', 'medium', 'high'])), name='governance_review_band'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('delegation', None), ('on_behalf_of', None)), models.Q(('delegation__isnull', False), ('on_behalf_of__isnull', False)), _connector='OR'), name='governance_review_delegated'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('on_behalf_of', None), models.Q(('on_behalf_of', models.F('by')), _negated=True), _connector='OR'), name='governance_review_two'),
        ),
        migrations.AddField(
            model_name='documentcheck',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='document_checks', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='documentcheck',
            name='document',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='governance.document'),
        ),
        migrations.AddField(
            model_name='documentcheck',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='governance.version'),
        ),
        migrations.AddField(
            model_name='documentgroupobjectpermission',
            name='content_object',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='governance.document'),
        ),
        migrations.AddField(
            model_name='documentgroupobjectpermission',
            name='group',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.group'),
        ),
        migrations.AddField(
            model_name='documentgroupobjectpermission',
            name='permission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission'),
        ),
        migrations.AddField(
            model_name='documentuserobjectpermission',
            name='content_object',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='governance.document'),
        ),
        migrations.AddField(
            model_name='documentuserobjectpermission',
            name='permission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission'),
        ),
        migrations.AddField(
            model_name='documentuserobjectpermission',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='freezewindow',
            index=models.Index(fields=['ends_at'], name='governance_freezewindow_ends'),
        ),
        migrations.AddConstraint(
            model_name='freezewindow',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='governance_freezewindow_order'),
        ),
        migrations.AddConstraint(
            model_name='freezewindow',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='governance_freezewindow_why'),
        ),
        migrations.AddConstraint(
            model_name='freezewindow',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['', 'matrix', 'escalation', 'rubric', 'module', 'playbook', 'approval', 'communication', 'glossary'])), name='governance_freezewindow_kind'),
        ),
        migrations.AddField(
            model_name='governancereview',
            name='held_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='governance_reviews', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalboard',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalboardseat',
            name='board',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='governance.board'),
        ),
        migrations.AddField(
            model_name='historicalboardseat',
            name='deputy',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalboardseat',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalboardseat',
            name='person',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalcomment',
            name='answers',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='governance.comment'),
        ),
        migrations.AddField(
            model_name='historicalcomment',
            name='by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalcomment',
            name='change_request',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='governance.changerequest'),
        ),
        migrations.AddField(
            model_name='historicalcomment',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalcomment',
            name='settled_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalcomment',
            name='version',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='governance.version'),
        ),
        migrations.AddField(
            model_name='historicaldelegation',
            name='board',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text='Only for the seat on this board; empty: for everything.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='governance.board'),
        ),
        migrations.AddField(
            model_name='historicaldelegation',
            name='giver',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicaldelegation',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicaldelegation',
            name='taker',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalfreezewindow',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalgovernancereview',
            name='held_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalgovernancereview',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicaltopic',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicaltraining',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicaltraining',
            name='person',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='topic',
            constraint=models.CheckConstraint(condition=models.Q(('valid_days', None), ('valid_days__gte', 1), _connector='OR'), name='governance_topic_valid'),
        ),
        migrations.AddField(
            model_name='historicaltraining',
            name='topic',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='governance.topic'),
        ),
        migrations.AddField(
            model_name='training',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='trainings', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='training',
            name='topic',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='trainings', to='governance.topic'),
        ),
        migrations.AddConstraint(
            model_name='attestation',
            constraint=models.UniqueConstraint(fields=('person', 'version'), name='governance_attestation_once'),
        ),
        migrations.AlterUniqueTogether(
            name='boardgroupobjectpermission',
            unique_together={('group', 'permission', 'content_object')},
        ),
        migrations.AddConstraint(
            model_name='boardseat',
            constraint=models.UniqueConstraint(fields=('board', 'person', 'starts_on'), name='governance_boardseat_once'),
        ),
        migrations.AddConstraint(
            model_name='boardseat',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='governance_boardseat_term'),
        ),
        migrations.AddConstraint(
            model_name='boardseat',
            constraint=models.CheckConstraint(condition=models.Q(('deputy', None), models.Q(('deputy', models.F('person')), _negated=True), _connector='OR'), name='governance_boardseat_deputy'),
        ),
        migrations.AlterUniqueTogether(
            name='boarduserobjectpermission',
            unique_together={('user', 'permission', 'content_object')},
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(fields=['change_request', 'at'], name='governance_comment_of'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='governance_comment_text'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('settled_by', None)), models.Q(('settled_at__isnull', False), ('settled_by__isnull', False)), _connector='OR'), name='governance_comment_settled'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(('answers', None), ('is_blocking', False), _connector='OR'), name='governance_comment_answer'),
        ),
        migrations.AddIndex(
            model_name='delegation',
            index=models.Index(fields=['ends_at'], name='governance_delegation_ends'),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='governance_delegation_order'),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(('giver', models.F('taker')), _negated=True), name='governance_delegation_two'),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='governance_delegation_why'),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['', 'matrix', 'escalation', 'rubric', 'module', 'playbook', 'approval', 'communication', 'glossary'])), name='governance_delegation_kind'),
        ),
        migrations.AddConstraint(
            model_name='documentcheck',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['confirm', 'change', 'retire'])), name='governance_documentcheck_outcome'),
        ),
        migrations.AlterUniqueTogether(
            name='documentgroupobjectpermission',
            unique_together={('group', 'permission', 'content_object')},
        ),
        migrations.AlterUniqueTogether(
            name='documentuserobjectpermission',
            unique_together={('user', 'permission', 'content_object')},
        ),
        migrations.AddIndex(
            model_name='governancereview',
            index=models.Index(condition=models.Q(('held_at', None)), fields=['due_at'], name='governance_review_due'),
        ),
        migrations.AddConstraint(
            model_name='governancereview',
            constraint=models.CheckConstraint(condition=models.Q(('occasion__in', ['quarter', 'going_live', 'platform', 'sev1'])), name='governance_governancereview_occasion'),
        ),
        migrations.AddConstraint(
            model_name='governancereview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('held_at', None), ('held_by', None)), models.Q(('held_at__isnull', False), ('held_by__isnull', False), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='governance_governancereview_held'),
        ),
        migrations.AddConstraint(
            model_name='training',
            constraint=models.UniqueConstraint(fields=('topic', 'person', 'learned_on'), name='governance_training_once'),
        ),
        migrations.AddConstraint(
            model_name='training',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until', None), ('valid_until__gte', models.F('learned_on')), _connector='OR'), name='governance_training_order'),
        ),
    ]

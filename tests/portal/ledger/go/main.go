// Verifies what the ledger gives out with golang.org/x/mod/sumdb (notes and transparent logs of Go's own checksum
// database). Each command prints what it has verified, or says on standard error what is wrong and ends with 1.
//
//	roots LEAVES                                 the root of each size, from leaves in base64, one a line
//	receipt RECEIPT VKEY...                      a tlog-proof: signatures and place of the leaf
//	consistency OLD NEW PROOF VKEY...            two checkpoints, and hashes in base64, one a line
//	sign NAME TEXT                               a new key: its two halves and a note, as JSON
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(path string) string { return string(must(os.ReadFile(path))) }

func decode(text string) []byte { return must(base64.StdEncoding.DecodeString(text)) }

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// witness verifies cosignatures (c2sp.org/tlog-cosignature), a kind of key that the package does not know itself.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.hash }
func (w witness) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(signature)
	message := append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", seconds)), text...)
	return ed25519.Verify(w.key, message, signature[8:])
}

func verifier(vkey string) note.Verifier {
	parts := strings.SplitN(vkey, "+", 3)
	if key := decode(parts[2]); key[0] == 4 {
		sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
		return witness{parts[0], binary.BigEndian.Uint32(sum[:]), key[1:]}
	}
	return must(note.NewVerifier(vkey))
}

// open wants a signature of each key, and gives back what the checkpoint says.
func open(message string, vkeys []string) tlog.Tree {
	var known []note.Verifier
	for _, vkey := range vkeys {
		known = append(known, verifier(vkey))
	}
	opened := must(note.Open([]byte(message), note.VerifierList(known...)))
	if len(opened.Sigs) != len(known) {
		check(errors.New("a signature is missing"))
	}
	origin, rest, _ := strings.Cut(opened.Text, "\n")
	if origin != opened.Sigs[0].Name {
		check(errors.New("the log has not signed first"))
	}
	// The package reads checkpoints of one log only.
	return must(tlog.ParseTree([]byte("go.sum database tree\n" + rest)))
}

func hashes(encoded []string) (hashes []tlog.Hash) {
	for _, line := range encoded {
		hashes = append(hashes, must(tlog.ParseHash(line)))
	}
	return hashes
}

func receipt(path string, vkeys []string) {
	above, message, _ := strings.Cut(read(path), "\n\n")
	header := lines(above)
	if len(header) < 3 || header[0] != "c2sp.org/tlog-proof@v1" {
		check(errors.New("not a receipt"))
	}
	leaf := decode(strings.TrimPrefix(header[1], "extra "))
	index := must(strconv.ParseInt(strings.TrimPrefix(header[2], "index "), 10, 64))
	tree := open(message, vkeys)
	check(tlog.CheckRecord(hashes(header[3:]), tree.N, tree.Hash, index, tlog.RecordHash(leaf)))
	fmt.Printf("%d of %d: %s\n", index, tree.N, leaf)
}

func consistency(older, newer, proof string, vkeys []string) {
	before, after := open(read(older), vkeys), open(read(newer), vkeys)
	check(tlog.CheckTree(hashes(lines(read(proof))), after.N, after.Hash, before.N, before.Hash))
	fmt.Printf("%d to %d\n", before.N, after.N)
}

func roots(path string) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (found []tlog.Hash, err error) {
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	for number, line := range lines(read(path)) {
		stored = append(stored, must(tlog.StoredHashes(int64(number), decode(line), reader))...)
		fmt.Println(must(tlog.TreeHash(int64(number)+1, reader)))
	}
}

func sign(name, text string) {
	secret, vkey, err := note.GenerateKey(rand.Reader, name)
	check(err)
	signed := must(note.Sign(&note.Note{Text: text}, must(note.NewSigner(secret))))
	var written bytes.Buffer
	check(json.NewEncoder(&written).Encode(map[string]string{"secret": secret, "vkey": vkey, "note": string(signed)}))
	fmt.Print(written.String())
}

func main() {
	switch arguments := os.Args[2:]; os.Args[1] {
	case "roots":
		roots(arguments[0])
	case "receipt":
		receipt(arguments[0], arguments[1:])
	case "consistency":
		consistency(arguments[0], arguments[1], arguments[2], arguments[3:])
	case "sign":
		sign(arguments[0], arguments[1])
	}
}

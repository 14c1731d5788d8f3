package actions

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

const (
	// maxName is the longest name that every kind accepts.
	maxName = 63
	// nameHash and markHash are the lengths of the hashes in names and marks.
	nameHash = 10
	markHash = 16
)

// origin tells which step makes a child, for which owner, item and cycle. Equal
// origins mean the same child, whatever was in between.
type origin struct {
	owner, handler, place, cycle string
}

// mark is the value of the annotation that each created object carries. Its
// parts stand for the owner, and for how and as what the object was made.
func (o origin) mark(content string) string {
	return digest(markHash, o.owner) + "." + digest(markHash, o.handler, o.place, o.cycle, content)
}

// made tells whether an object with this mark was made for the same owner. Which
// step did it does not count: a new version of the operator may have others.
func (o origin) made(mark string) bool {
	owner, _, _ := strings.Cut(mark, ".")
	return owner == digest(markHash, o.owner)
}

// name derives a name for the child from the beginning.
func (o origin) name(beginning string) string {
	if room := maxName - nameHash; len(beginning) > room {
		beginning = strings.TrimRight(beginning[:room-1], "-.") + "-"
	}
	return beginning + digest(nameHash, o.owner, o.handler, o.place, o.cycle)
}

// alphabet has only what every name may have.
var alphabet = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// digest is a hash of the parts, each of which counts with its boundaries.
func digest(length int, parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return alphabet.EncodeToString(h.Sum(nil))[:length]
}

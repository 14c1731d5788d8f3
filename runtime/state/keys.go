package state

import (
	"encoding/base64"
	"hash"
	"strings"

	"golang.org/x/crypto/blake2b"

	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// nameLimit is how long the name of an annotation may be.
const nameLimit = 63

// Key is the name of the annotation for a handler id or another record of this
// object. The limit holds for the part behind the prefix.
func Key(prefix, id string, obj map[string]any) string {
	id = marked(id, obj)
	safe := safeName(id)
	if runes(id) <= nameLimit {
		return prefix + "/" + safe
	}
	suffix := digest(id)
	return prefix + "/" + head(safe, nameLimit-len(suffix)) + suffix
}

// OldKey is the name that older versions of Kopf used and 1.37 still writes:
// there the limit holds for the prefix too, and the digest is made of the name
// after its characters were replaced.
func OldKey(prefix, id string, obj map[string]any) string {
	safe := safeName(marked(id, obj))
	room := nameLimit - len(prefix) - 1
	if runes(safe) <= room {
		return prefix + "/" + safe
	}
	suffix := digest(safe)
	return prefix + "/" + head(safe, room-len(suffix)) + suffix
}

func safeName(id string) string {
	if !strings.ContainsAny(id, "/<>") {
		return id
	}
	return strings.NewReplacer("/", ".", "<", "_", ">", "_").Replace(id)
}

// marked keeps apart the records of a ReplicaSet from those of its Deployment,
// whose annotations the Deployment's controller copies onto it.
func marked(id string, obj map[string]any) string {
	if obj["kind"] != "ReplicaSet" {
		return id
	}
	owners, _ := essence.Lookup(obj, []string{"metadata", "ownerReferences"})
	list, _ := owners.([]any)
	for _, owner := range list {
		if ref, ok := owner.(map[string]any); ok && ref["kind"] == "Deployment" {
			return id + "-ofDRS"
		}
	}
	return id
}

// digest is a dash and 4 bytes of BLAKE2b in base64, with two characters that
// may stand in an annotation's name. The last one of 4 bytes is a letter, as a
// name must end in one.
func digest(id string) string { return "-" + shortDigest(id) }

// shortDigest is such a digest without the dash.
func shortDigest(text string) string {
	h := blake2b4()
	h.Write([]byte(text))
	return strings.NewReplacer("+", "-", "/", ".").Replace(base64.RawStdEncoding.EncodeToString(h.Sum(nil)))
}

func blake2b4() hash.Hash {
	h, err := blake2b.New(4, nil)
	if err != nil {
		panic(err) // the size is a constant
	}
	return h
}

// head cuts a name to n characters. A negative n drops as many from the end:
// what Python makes of it, where the prefix alone is over the limit.
func head(s string, n int) string {
	r := []rune(s)
	if n < 0 {
		n = max(len(r)+n, 0)
	}
	return string(r[:min(n, len(r))])
}

func runes(s string) int { return len([]rune(s)) }

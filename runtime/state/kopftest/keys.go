package kopftest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"

	"golang.org/x/crypto/blake2b"
)

const longest = 63

// keys are the names of the annotations for an id: the newer one, and the older
// one where it differs.
func (o Operator) keys(id string, obj map[string]any) []string {
	if owners, _ := at(obj, "metadata", "ownerReferences").([]any); obj["kind"] == "ReplicaSet" {
		for _, owner := range owners {
			if at(owner, "kind") == "Deployment" {
				id += "-ofDRS"
				break
			}
		}
	}
	safe := strings.Map(func(r rune) rune {
		switch r {
		case '/':
			return '.'
		case '<', '>':
			return '_'
		default:
			return r
		}
	}, id)
	newer, older := safe, safe
	if len(id) > longest {
		newer = hashed(safe, id, longest)
	}
	if room := longest - len(o.prefix()+"/"); len(safe) > room {
		older = hashed(safe, safe, room)
	}
	if newer == older {
		return []string{o.prefix() + "/" + newer}
	}
	return []string{o.prefix() + "/" + newer, o.prefix() + "/" + older}
}

// hashed cuts a name and puts the digest of the whole behind it.
func hashed(name, whole string, length int) string {
	h, err := blake2b.New(4, nil)
	if err != nil {
		panic(err) // the size is a constant
	}
	h.Write([]byte(whole))
	text := base64.StdEncoding.EncodeToString(h.Sum(nil))
	text = strings.NewReplacer("+", "-", "/", ".", "=", "").Replace(text)
	return name[:length-1-len(text)] + "-" + text
}

// at is the value at a path; nil where there is none.
func at(value any, path ...string) any {
	for _, key := range path {
		m, _ := value.(map[string]any)
		value = m[key]
	}
	return value
}

// set puts a value at a path.
func set(m map[string]any, value any, path ...string) {
	for _, key := range path[:len(path)-1] {
		next, ok := m[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			m[key] = next
		}
		m = next
	}
	m[path[len(path)-1]] = value
}

// compact is JSON without spaces.
func compact(value any) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		panic(err) // objects of the API are JSON
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func jsonCopy(value any) map[string]any {
	var out map[string]any
	if err := json.Unmarshal([]byte(compact(value)), &out); err != nil {
		panic(err) // see compact
	}
	return out
}

package state

import (
	"strings"
	"testing"
)

// longID is the one whose keys were seen on an object of Kopf 1.37.2.
const longID = "an-id-that-is-longer-than-sixty-three-characters-to-be-hashed-by-kopf"

// The digests were made with Python's hashlib and base64.
func TestKeys(t *testing.T) {
	const kopf = "kopf.zalando.org"
	a := strings.Repeat
	tests := []struct{ prefix, id, key, old string }{
		{kopf, "slow", "slow", "slow"},
		{kopf, longID, "an-id-that-is-longer-than-sixty-three-characters-to-be-h-RBMxDA", "an-id-that-is-longer-than-sixty-three-c-RBMxDA"},
		{kopf, "parent/child", "parent.child", "parent.child"},
		{kopf, "make.<locals>.fn/spec.field", "make._locals_.fn.spec.field", "make._locals_.fn.spec.field"},
		{kopf, a("a", 46), a("a", 46), a("a", 46)},
		{kopf, a("a", 47), a("a", 47), a("a", 39) + "-L2I79Q"},
		{kopf, a("a", 63), a("a", 63), a("a", 39) + "-LcrRHA"},
		{kopf, a("a", 64), a("a", 56) + "-5Keq3A", a("a", 39) + "-5Keq3A"},
		{kopf, a("x", 60) + "00459", a("x", 56) + "-M.-iKg", a("x", 39) + "-M.-iKg"},
		// The digests of the two differ, as only the older one replaces first.
		{kopf, "parent/" + longID, "parent.an-id-that-is-longer-than-sixty-three-characters--QFb2jw", "parent.an-id-that-is-longer-than-sixty--aYVpJA"},
		{"evc.kopf.dev", "last-handled-configuration", "last-handled-configuration", "last-handled-configuration"},
		{"lengthy-operator-name-to-hit-63-chars.example.com", "update/sub1", "update.sub1", "update.sub1"},
		// No room at all beside the prefix.
		{a("p", 60) + ".example.com", "handler", "handler", "-bwuOmw"},
		{a("p", 60) + ".example.com", "handler/of-some-length", "handler.of-some-length", "handl-sjlCng"},
	}
	for _, test := range tests {
		t.Run(test.id, func(t *testing.T) {
			if got, want := Key(test.prefix, test.id, nil), test.prefix+"/"+test.key; got != want {
				t.Errorf("key: got %s, want %s", got, want)
			}
			if got, want := OldKey(test.prefix, test.id, nil), test.prefix+"/"+test.old; got != want {
				t.Errorf("old key: got %s, want %s", got, want)
			}
		})
	}
}

func TestKeysOfReplicaSets(t *testing.T) {
	owned := func(kind string, owners ...any) map[string]any {
		return map[string]any{"kind": kind, "metadata": map[string]any{"ownerReferences": owners}}
	}
	deployment := map[string]any{"kind": "Deployment"}
	other := map[string]any{"kind": "Rollout"}
	longMarked := strings.Repeat("b", 60)
	tests := []struct {
		name    string
		obj     map[string]any
		id, key string
	}{
		{"of a Deployment", owned("ReplicaSet", deployment), "fn", "fn-ofDRS"},
		{"of a Deployment among others", owned("ReplicaSet", other, deployment), "fn", "fn-ofDRS"},
		{"the limit counts the suffix", owned("ReplicaSet", deployment), longMarked, strings.Repeat("b", 56) + "-v1o2eQ"},
		{"of something else", owned("ReplicaSet", other), "fn", "fn"},
		{"of nobody", owned("ReplicaSet"), "fn", "fn"},
		{"not a ReplicaSet", owned("Pod", deployment), "fn", "fn"},
		{"odd owners", owned("ReplicaSet", "text", nil), "fn", "fn"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, want := Key("p", test.id, test.obj), "p/"+test.key; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

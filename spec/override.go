package spec

import (
	"reflect"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// ParseSettings reads settings that do not stand in an Operator: the block at
// the path of keys in a source of one document. Where nothing stands there, the
// settings are empty.
func ParseSettings(source Source, path ...string) (*Settings, diag.List) {
	r := &report{}
	settings := &Settings{}
	for _, v := range r.readDocuments(newSource(source.Name, string(source.Text))) {
		for _, key := range path {
			if v != nil {
				v = v.Get(key)
			}
		}
		if v != nil {
			d := &decoder{report: r}
			d.object(v, reflect.ValueOf(settings), field{key: "settings"})
		}
	}
	return settings, r.found.Sorted()
}

// SettingPaths are the dotted paths of all settings, in the order of the types.
func SettingPaths() []string {
	return settingPaths(nil, reflect.TypeFor[Settings]())
}

func settingPaths(prefix []string, t reflect.Type) []string {
	var paths []string
	for _, f := range fieldsOf(t) {
		path := append(prefix[:len(prefix):len(prefix)], f.key)
		if inner := t.FieldByIndex(f.index).Type; isStanza(inner) {
			paths = append(paths, settingPaths(path, inner.Elem())...)
		} else {
			paths = append(paths, strings.Join(path, "."))
		}
	}
	return paths
}

// With returns the settings with all that over has set in their place. Neither
// is changed; both may be nil.
func (s *Settings) With(over *Settings) *Settings {
	out := &Settings{}
	for _, layer := range []*Settings{s, over} {
		if layer != nil {
			overlay(reflect.ValueOf(out).Elem(), reflect.ValueOf(layer).Elem())
		}
	}
	return out
}

// overlay sets what over has set, stanza by stanza.
func overlay(out, over reflect.Value) {
	for i := range over.NumField() {
		from, to := over.Field(i), out.Field(i)
		switch {
		case from.IsZero():
		case isStanza(from.Type()):
			stanza := reflect.New(from.Type().Elem())
			if !to.IsNil() {
				stanza.Elem().Set(to.Elem())
			}
			overlay(stanza.Elem(), from.Elem())
			to.Set(stanza)
		default:
			to.Set(from)
		}
	}
}

// isStanza tells a block of settings from one setting. What has a short form is
// one setting, for its parts make no sense without each other.
func isStanza(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct &&
		len(fieldsOf(t.Elem())) > 0 && !t.Implements(reflect.TypeFor[shortForm]())
}

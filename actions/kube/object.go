package kube

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// Object is one object as the API server sent it, in little more memory than
// its JSON text, without its managedFields. It is immutable.
type Object struct {
	Namespace, Name, UID, ResourceVersion string
	json                                  string
}

// Pack makes an Object of its JSON text. Items of the server's lists have no
// apiVersion and kind of their own: gvk is what they get. The text may be
// changed afterwards.
func Pack(text []byte, gvk schema.GroupVersionKind) (*Object, error) {
	p := packer{text: text}
	if err := p.scan(); err != nil {
		return nil, fmt.Errorf("an object of kind %s from the API server cannot be read: %w", gvk.Kind, err)
	}
	return p.object(gvk), nil
}

// JSON is the object's text; empty for one of Client.Identities.
func (o *Object) JSON() string { return o.json }

// identity is the object without its text.
func (o *Object) identity() *Object {
	return &Object{
		Namespace: strings.Clone(o.Namespace), Name: strings.Clone(o.Name),
		UID: strings.Clone(o.UID), ResourceVersion: strings.Clone(o.ResourceVersion),
	}
}

// Decode returns the object as JSON data, new with each call: the caller may
// change it.
func (o *Object) Decode() (map[string]any, error) {
	var m map[string]any
	if err := utiljson.Unmarshal([]byte(o.json), &m); err != nil {
		return nil, fmt.Errorf("the object %s from the API server is not valid: %w", o, err)
	}
	return m, nil
}

// String is the object's key: namespace/name, or name where it has no namespace.
func (o *Object) String() string {
	if o.Namespace == "" {
		return o.Name
	}
	return o.Namespace + "/" + o.Name
}

// packer finds what Pack needs in a text.
type packer struct {
	text                     []byte
	start                    int
	hasVersion, hasKind      bool
	namespace, name, uid, rv span
	managed                  span
	shift                    int
}

func (p *packer) scan() error {
	p.start = skipSpace(p.text, 0)
	hasMeta := false
	end, err := fields(p.text, p.start, func(f field) error {
		switch string(f.key) {
		case "apiVersion":
			p.hasVersion = true
		case "kind":
			p.hasKind = true
		case "metadata":
			hasMeta = true
			_, err := fields(p.text, f.span.from, p.meta)
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !hasMeta {
		return errors.New("it has no metadata")
	}
	p.text = p.text[:end]
	return nil
}

func (p *packer) meta(f field) error {
	switch string(f.key) {
	case "namespace":
		p.namespace = f.span
	case "name":
		p.name = f.span
	case "uid":
		p.uid = f.span
	case "resourceVersion":
		p.rv = f.span
	case "managedFields":
		p.managed = member(p.text, span{f.from, f.to})
	}
	return nil
}

// member widens a member of an object by the comma that goes with it.
func member(text []byte, s span) span {
	if next := skipSpace(text, s.to); next < len(text) && text[next] == ',' {
		return span{s.from, next + 1}
	}
	before := bytes.TrimRight(text[:s.from], " \t\r\n")
	if bytes.HasSuffix(before, []byte(",")) {
		return span{len(before) - 1, s.to}
	}
	return s
}

// object builds the text that is kept; its identity are parts of that text.
func (p *packer) object(gvk schema.GroupVersionKind) *Object {
	prefix := p.prefix(gvk)
	var kept strings.Builder
	kept.Grow(len(prefix) + len(p.text) - p.start - (p.managed.to - p.managed.from))
	kept.WriteString(prefix)
	rest := p.start
	if prefix != "" {
		rest++ // the prefix has the brace already
	}
	if p.managed.empty() {
		kept.Write(p.text[rest:])
	} else {
		kept.Write(p.text[rest:p.managed.from])
		kept.Write(p.text[p.managed.to:])
	}
	p.shift = len(prefix) - rest
	o := &Object{json: kept.String()}
	o.Namespace, o.Name = p.find(o, p.namespace), p.find(o, p.name)
	o.UID, o.ResourceVersion = p.find(o, p.uid), p.find(o, p.rv)
	return o
}

func (p *packer) prefix(gvk schema.GroupVersionKind) string {
	version, kind := "", ""
	if !p.hasVersion {
		version = fmt.Sprintf(`"apiVersion":%q,`, gvk.GroupVersion().String())
	}
	if !p.hasKind {
		kind = fmt.Sprintf(`"kind":%q,`, gvk.Kind)
	}
	if version+kind == "" {
		return ""
	}
	return "{" + version + kind
}

// find returns the string that stood at s, as a part of the kept text.
func (p *packer) find(o *Object, s span) string {
	value := s.of(p.text)
	if len(value) < 2 || value[0] != '"' || bytes.IndexByte(value, '\\') >= 0 {
		return unquote(value)
	}
	shift := p.shift
	if !p.managed.empty() && s.from >= p.managed.to {
		shift -= p.managed.to - p.managed.from
	}
	return o.json[s.from+shift+1 : s.to+shift-1]
}

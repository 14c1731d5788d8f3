package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The short forms of the types of types.go.

func (*Backoff) forms() string { return durationForms + ", or a map" }

func (b *Backoff) decodeValue(d *decoder, v *Value, f field) (taken, ok bool) {
	if v.Kind != IntKind && v.Kind != FloatKind && v.Kind != StringKind {
		return false, false
	}
	initial, _ := fieldOf(typeOf(b), "initial")
	initial.key = f.key
	b.Initial = d.duration(v, initial)
	return true, b.Initial != nil
}

func (*ValueTest) forms() string { return "a literal, or a map of equals, in, exists, when" }

func (t *ValueTest) decodeValue(d *decoder, v *Value, _ field) (taken, ok bool) {
	if v.Kind == MapKind {
		return false, false
	}
	t.Equals = v
	d.checkFixed(v)
	return true, true
}

func (*Adopt) forms() string { return "true, false or a map" }

func (a *Adopt) decodeValue(d *decoder, v *Value, f field) (taken, ok bool) {
	if v.Kind != BoolKind {
		return false, false
	}
	a.Enabled = d.boolean(v, f)
	return true, true
}

func (*AdoptLabel) forms() string { return "true, false or a map of labels" }

func (a *AdoptLabel) decodeValue(d *decoder, v *Value, f field) (taken, ok bool) {
	if s, ok := v.String(); v.Kind == MapKind || ok && isTemplate(s) {
		a.Values = v
		return true, true
	}
	if v.Kind != BoolKind {
		return false, false
	}
	a.Enabled = d.boolean(v, f)
	return true, true
}

func (*Delete) forms() string { return "a map, or nothing for this object" }

func (*Delete) decodeValue(_ *decoder, v *Value, _ field) (taken, ok bool) {
	return v.Kind == Null, true
}

func (*Log) forms() string { return "a message, or a map" }

func (l *Log) decodeValue(_ *decoder, v *Value, _ field) (taken, ok bool) {
	if v.Kind == MapKind || v.Kind == ListKind || v.Kind == Null {
		return false, false
	}
	l.Message = v
	return true, true
}

func (*Fail) forms() string { return "a message, or a map" }

func (f *Fail) decodeValue(_ *decoder, v *Value, _ field) (taken, ok bool) {
	if v.Kind == MapKind || v.Kind == ListKind || v.Kind == Null {
		return false, false
	}
	f.Error = v
	return true, true
}

func (*Return) forms() string { return "any value" }

func (r *Return) decodeValue(_ *decoder, v *Value, _ field) (taken, ok bool) {
	if v.Kind != Null {
		r.Result = v
	}
	return true, true
}

func (*Path) forms() string { return "a path such as spec.size, or a list of its segments" }

func (p *Path) decodeValue(d *decoder, v *Value, f field) (taken, ok bool) {
	switch v.Kind {
	case StringKind:
		p.dotted(d, v)
	case ListKind:
		p.listed(d, v, f)
	default:
		d.wrongType(v, f, p.forms())
	}
	return true, len(p.Segments) > 0
}

func (p *Path) dotted(d *decoder, v *Value) {
	text, _ := v.String()
	p.Segments = strings.Split(text, ".")
	for from, i := 0, 0; i < len(p.Segments); i++ {
		to := from + len(p.Segments[i])
		p.Places = append(p.Places, v.RangeOf(from, to))
		from = to + 1
	}
	switch trimmed := strings.TrimPrefix(strings.TrimPrefix(text, "$"), "."); {
	case trimmed != text && trimmed != "":
		d.add(rulePath, v.Range, "a path begins with a key; did you mean %q?", trimmed).Correct(trimmed)
	case strings.ContainsAny(text, "[]{}*"):
		d.add(rulePath, v.Range, "a path names keys of maps only; for items of lists, use when")
	case slices.Contains(p.Segments, ""):
		d.add(rulePath, v.Range, "%q has an empty segment", text)
	case p.insideLabel():
		fixed := "[metadata, " + p.Segments[1] + ", " + strings.Join(p.Segments[2:], ".") + "]"
		d.add(rulePath, v.Range, "each dot begins a new segment; did you mean %s?", fixed).Correct(fixed)
	}
}

// insideLabel tells whether a path leads into a label or an annotation. These
// are text, so it was the name that had dots.
func (p *Path) insideLabel() bool {
	return len(p.Segments) > 3 && p.Segments[0] == "metadata" &&
		(p.Segments[1] == "labels" || p.Segments[1] == "annotations")
}

func (p *Path) listed(d *decoder, v *Value, f field) {
	for _, item := range v.Items {
		if s := d.text(item, field{key: f.key, item: true}); s != nil {
			p.Segments = append(p.Segments, s.Value)
			p.Places = append(p.Places, item.Range)
		}
	}
	if len(v.Items) == 0 {
		d.add(rulePath, v.Range, "a path needs a segment")
	}
}

func (*Selector) forms() string {
	return "the name of a resource, such as pods, deployments.apps or apps/v1/deployments, or a map"
}

var (
	resourceName = regexp.MustCompile(`^[A-Za-z][-A-Za-z0-9]*$`)
	versionName  = regexp.MustCompile(`^v[0-9]+((alpha|beta)[0-9]+)?$`)
	groupName    = regexp.MustCompile(`^` + subdomainPattern + `$`)
)

func (s *Selector) decodeValue(d *decoder, v *Value, _ field) (taken, ok bool) {
	text, ok := v.String()
	if !ok {
		return false, false
	}
	s.short = v
	name, version, group := splitShort(text)
	switch {
	case text == "*":
		d.add(ruleSelector, v.Range, "for every resource, write {any: true}").Correct("{any: true}")
	case isTemplate(text):
		d.add(ruleFixed, v.Range, "a resource is fixed: ${…} is not evaluated here")
	case !resourceName.MatchString(name), version != nil && !versionName.MatchString(*version),
		group != nil && *group != "" && !groupName.MatchString(*group):
		d.add(ruleSelector, v.Range, "%q must be %s", text, s.forms())
	}
	part := func(text *string) *String {
		if text == nil {
			return nil
		}
		return &String{Value: *text, Node: v}
	}
	s.AnyName, s.Version, s.Group = part(&name), part(version), part(group)
	return true, true
}

// ParseResource is the selector of a short form that people write somewhere else than in a
// definition, such as deployments.apps on a command line.
func ParseResource(text string) (*Selector, error) {
	name, version, group := splitShort(text)
	if !resourceName.MatchString(name) || version != nil && !versionName.MatchString(*version) ||
		group != nil && *group != "" && !groupName.MatchString(*group) {
		return nil, fmt.Errorf("%q is not the name of a resource, such as pods, deployments.apps or apps/v1/deployments", text)
	}
	part := func(text *string) *String {
		if text == nil {
			return nil
		}
		return &String{Value: *text}
	}
	return &Selector{AnyName: part(&name), Version: part(version), Group: part(group)}, nil
}

// splitShort takes a short form apart: name, name.group, name.version.group,
// version/name, group/version/name. What is not there is nil.
func splitShort(text string) (name string, version, group *string) {
	switch parts := strings.Split(text, "/"); len(parts) {
	case 2:
		core := ""
		return parts[1], &parts[0], &core
	case 3:
		return parts[2], &parts[1], &parts[0]
	}
	name, rest, dotted := strings.Cut(text, ".")
	if !dotted {
		return name, nil, nil
	}
	first, behind, more := strings.Cut(rest, ".")
	if versionName.MatchString(first) {
		if !more {
			behind = "" // the core group
		}
		return name, &first, &behind
	}
	return name, nil, &rest
}

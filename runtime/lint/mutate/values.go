package mutate

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// setValue puts something else in the place of the value of a site. The finding
// must stand at it.
func (f *file) setValue(group, kind string, s *site, by string) {
	from, to, ok := f.extent(s.value)
	if !ok {
		if !isBlock(s.value) || s.key == nil {
			return
		}
		// A value in lines of its own: the new one goes behind the colon.
		from = f.offset(s.key) + len(s.key.Value) + 1
		to, by = s.end, " "+by+"\n"
		f.replace(mistake{group, kind, s.key.Value + " is now" + strings.TrimSuffix(by, "\n"), ""}, from, to, by, from+1)
		return
	}
	f.replace(mistake{group, kind, fmt.Sprintf("%s is now %s", f.text[from:to], by), ""}, from, to, by, from)
}

// wrongTypes puts a value of another type where one type is needed.
func wrongTypes(f *file) {
	for _, s := range f.sites {
		for kind, by := range f.otherTypes(s) {
			f.setValue("type", kind, s, by)
		}
	}
}

// otherTypes are values that a site cannot have. Where a type has several forms,
// all of them are left out.
func (f *file) otherTypes(s *site) func(yield func(string, string) bool) {
	pairs := f.wrongForms(s)
	return func(yield func(string, string) bool) {
		for _, p := range pairs {
			if !yield(p[0], p[1]) {
				return
			}
		}
	}
}

func (f *file) wrongForms(s *site) [][2]string {
	scalar := s.value.Kind == yaml.ScalarNode
	switch {
	case s.holds("whole number"):
		return [][2]string{{"text for a number", `"3"`}, {"a word for a number", "three"}, {"a list for a number", "[3]"}, {"a map for a number", "{n: 3}"}, {"a fraction for a whole number", "1.5"}}
	case s.holds("number"):
		return [][2]string{{"text for a number", `"3"`}, {"a list for a number", "[3]"}}
	case s.holds("duration"):
		// A plain number is a duration in seconds.
		return [][2]string{{"a list for a duration", "[1s]"}, {"a map for a duration", "{seconds: 1}"}, {"a boolean for a duration", "true"}}
	case s.holds("boolean"):
		return [][2]string{{"text for a boolean", `"true"`}, {"a word for a boolean", "yes"}, {"a number for a boolean", "1"}, {"a list for a boolean", "[true]"}}
	case s.holds("expression"):
		// Numbers and booleans are expressions as they stand.
		return [][2]string{{"a list for an expression", "[spec]"}, {"a map for an expression", "{spec: 1}"}}
	case s.holds("text") && scalar:
		wrong := [][2]string{{"a number for a text", "5"}, {"a boolean for a text", "true"}, {"a map for a text", "{a: b}"}}
		if s.lang.Type == "text" {
			wrong = append(wrong, [2]string{"a list for a text", "[a]"})
		}
		return wrong
	case s.lang == nil || s.key == nil:
		return nil
	case strings.HasPrefix(s.lang.Type, "list of "):
		return [][2]string{{"text for a list", "nothing"}, {"a map for a list", "{a: b}"}, {"a number for a list", "7"}}
	case strings.HasPrefix(s.lang.Type, "map of "):
		return [][2]string{{"text for a map", "nothing"}, {"a list for a map", "[a]"}}
	case s.holds("match"), s.holds("target"), s.holds("event"), s.holds("condition"), s.holds("create"), s.holds("patch"), s.holds("wait"), s.holds("get"), s.holds("operator spec"), s.holds("operator meta"):
		return [][2]string{{"text for a map", "nothing"}, {"a list for a map", "[a]"}}
	case slices.Contains([]string{"log", "fail"}, s.lang.Type):
		return [][2]string{{"a list for a message", "[a]"}}
	}
	return nil
}

// wrongValues puts values out of range, or of a wrong form.
func wrongValues(f *file) {
	for _, s := range f.sites {
		if s.lang == nil || s.value.Kind != yaml.ScalarNode {
			continue
		}
		if f.durations(s); f.ranges(s) {
			continue
		}
		switch s.lang.Name() {
		case "schedule":
			f.schedules(s)
		case "timeZone":
			f.setValue("value out of range", "a wrong time zone", s, "Mars/Olympus")
		case "prefix":
			f.setValue("value out of range", "a wrong name", s, "Not_A_Domain")
		case "id":
			// The ids of sub-handlers are templates.
			if s.lang.Type == "text" {
				f.setValue("value out of range", "a wrong name", s, "not an id!")
			}
		}
		if strings.Join(s.path(), ".") == "metadata.name" {
			f.setValue("value out of range", "a wrong name", s, "Not_A_Label")
		}
		if s.isReference() {
			f.setValue("value out of range", "a wrong resource", s, `"pods and more"`)
		}
		if s.lang.Type == "path" && s.key != nil { // the items of a list are keys, whatever is in them
			f.setValue("value out of range", "a wrong path", s, "spec..size")
			f.setValue("value out of range", "a wrong path", s, ".spec.size")
		}
	}
}

// schedules writes wrong schedules. The finding must stand at the field that is
// wrong, before which ^ stands, or at the whole.
func (f *file) schedules(s *site) {
	for _, wrong := range []string{`^"0 3 * *"`, `"^61 3 * * *"`, `^"0 3 * * * * *"`, `"0 ^25 * * *"`, `"0 3 * * ^XYZ"`, `"0 3 ^0 * *"`} {
		from, to, ok := f.extent(s.value)
		if !ok {
			return
		}
		text := strings.Replace(wrong, "^", "", 1)
		f.replace(mistake{"value out of range", "a wrong schedule", text, ""}, from, to, text, from+strings.IndexByte(wrong, '^'))
	}
}

// durations writes durations in ways that other programs know.
func (f *file) durations(s *site) {
	if !s.holds("duration") && !s.holds("duration template") && !(s.holds("backoff") && s.value.Kind == yaml.ScalarNode) {
		return
	}
	for _, wrong := range []string{"soon", "10 s", "5 minutes", "1d", "10seconds", "s"} {
		f.setValue("value out of range", "a wrong duration", s, wrong)
	}
}

func (f *file) ranges(s *site) bool {
	number := map[bool]string{true: "s", false: ""}[s.holds("duration")]
	switch {
	case s.limited("more than 0"):
		f.setValue("value out of range", "too little", s, "0"+number)
		f.setValue("value out of range", "too little", s, "-1"+number)
	case s.limited(" 1 or more"):
		f.setValue("value out of range", "too little", s, "0"+number)
	case s.limited(" 0 or more"):
		f.setValue("value out of range", "too little", s, "-1"+number)
	case s.limited("from 0 to 1"):
		f.setValue("value out of range", "too much", s, "2")
	default:
		return false
	}
	return true
}

package state

import (
	"fmt"

	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// Text is the record as it stands in an annotation.
func (r Record) Text() string {
	text := []byte{'{'}
	for i, f := range r.fields() {
		if i > 0 {
			text = append(text, ',')
		}
		value, err := essence.Encode(f.value)
		if err != nil {
			panic(fmt.Sprintf("a record holds a %T", f.value)) // fields() makes JSON only
		}
		text = append(text, '"')
		text = append(text, f.name...)
		text = append(text, '"', ':')
		text = append(text, value...)
	}
	return string(append(text, '}'))
}

// Values is the record as it stands in a status.
func (r Record) Values() map[string]any {
	out := map[string]any{}
	for _, f := range r.fields() {
		out[f.name] = f.value
	}
	if results, ok := out[keptKey]; ok {
		// As text: a null inside would be lost on its way in a merge patch.
		text, err := essence.Encode(results)
		if err != nil {
			panic(fmt.Sprintf("a record keeps a %T", results)) // KeptSize has seen it
		}
		out[keptKey] = text
	}
	return out
}

// keptKey is the field with the results of steps and sub-handlers.
const keptKey = "kept"

type field struct {
	name  string
	value any
}

// fields lists what is stored of a record, in the order in which Kopf does. The
// last two are ours; Kopf ignores what it does not know.
func (r Record) fields() []field {
	out := make([]field, 0, 11)
	add := func(name string, value any, present bool) {
		if present {
			out = append(out, field{name, value})
		}
	}
	add("started", formatTime(r.Started), r.Started != nil)
	add("stopped", formatTime(r.Stopped), r.Stopped != nil)
	add("delayed", formatTime(r.Delayed), r.Delayed != nil)
	add("purpose", r.Purpose, r.Purpose != "")
	add("retries", int64(r.Retries), true)
	add("success", r.Success, true)
	add("failure", r.Failure, true)
	add("message", r.Message, r.Message != "")
	add("subrefs", anyList(r.Subrefs), len(r.Subrefs) > 0)
	add("waiting", true, r.Waiting)
	results := r.kept()
	add(keptKey, results, len(results) > 0)
	return out
}

func anyList(items []string) []any {
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = item
	}
	return out
}

// ParseRecord reads a record from the text of an annotation.
func ParseRecord(text string) (Record, error) {
	values, err := essence.Unmarshal(text)
	if err != nil {
		return Record{}, fmt.Errorf("not a progress record: %w", err)
	}
	return RecordOf(values)
}

// RecordOf reads a record from a value in a status. Unknown keys are ignored,
// and null is the same as absent.
func RecordOf(value any) (Record, error) {
	values, ok := value.(map[string]any)
	if !ok || values == nil {
		return Record{}, fmt.Errorf("not a progress record: an object is expected")
	}
	in := recordReader{values: values}
	r := Record{
		Started: in.time("started"),
		Stopped: in.time("stopped"),
		Delayed: in.time("delayed"),
		Purpose: in.text("purpose"),
		Retries: in.count("retries"),
		Success: in.flag("success"),
		Failure: in.flag("failure"),
		Message: in.text("message"),
		Subrefs: union(in.texts("subrefs"), nil),
		Waiting: in.flag("waiting"),
	}
	results := in.results(keptKey)
	r.Result = results["result"]
	r.Once, _ = results["once"].(map[string]any)
	if in.err != nil {
		return Record{}, in.err
	}
	return r, nil
}

// recordReader takes typed values out of a record and remembers the first that
// is not what it should be.
type recordReader struct {
	values map[string]any
	err    error
}

func (in *recordReader) expect(key, what string) {
	if in.err == nil {
		in.err = fmt.Errorf("not a progress record: %q is not %s", key, what)
	}
}

func (in *recordReader) text(key string) string {
	value := in.values[key]
	text, ok := value.(string)
	if !ok && value != nil {
		in.expect(key, "a string")
	}
	return text
}

func (in *recordReader) flag(key string) bool {
	value := in.values[key]
	flag, ok := value.(bool)
	if !ok && value != nil {
		in.expect(key, "true or false")
	}
	return flag
}

// results reads what stands in an annotation as it is, and in a status as text.
func (in *recordReader) results(key string) map[string]any {
	value := in.values[key]
	if text, isText := value.(string); isText {
		results, err := essence.Unmarshal(text)
		if err != nil {
			in.expect(key, "JSON")
		}
		return results
	}
	results, ok := value.(map[string]any)
	if !ok && value != nil {
		in.expect(key, "a map of results")
	}
	return results
}

func (in *recordReader) count(key string) int {
	switch v := in.values[key].(type) {
	case nil:
		return 0
	case int64:
		if v >= 0 && v == int64(int(v)) {
			return int(v)
		}
	case float64:
		if v >= 0 && v < 1<<31 && v == float64(int(v)) {
			return int(v)
		}
	}
	in.expect(key, "a count")
	return 0
}

func (in *recordReader) texts(key string) []string {
	value := in.values[key]
	list, ok := value.([]any)
	if !ok && value != nil {
		in.expect(key, "a list of strings")
	}
	out := make([]string, 0, len(list))
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			in.expect(key, "a list of strings")
		}
		out = append(out, text)
	}
	return out
}

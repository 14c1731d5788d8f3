package kopftest

import (
	"encoding/json"
	"fmt"
	"time"
)

// timeForm is how Kopf writes times, and the only form that this model reads:
// the engine must write none but this.
const timeForm = "2006-01-02T15:04:05.000000-07:00"

// Record is what an operator in Python knows of a handler. A handler that has
// no record was never tried.
type Record struct {
	Started string   `json:"started,omitempty"`
	Stopped string   `json:"stopped,omitempty"`
	Delayed string   `json:"delayed,omitempty"`
	Purpose string   `json:"purpose,omitempty"`
	Retries int      `json:"retries"`
	Success bool     `json:"success"`
	Failure bool     `json:"failure"`
	Message string   `json:"message,omitempty"`
	Subrefs []string `json:"subrefs,omitempty"`
}

// Time is a time as Kopf writes it.
func Time(t time.Time) string { return t.UTC().Format(timeForm) }

// Finished tells whether the handler will not be tried again.
func (r Record) Finished() bool { return r.Success || r.Failure }

// Record reads the record of a handler, from the first place that has one. It
// fails where an operator in Python would, or would read it in another way.
func (o Operator) Record(obj map[string]any, id string) (r Record, found bool, err error) {
	for _, place := range o.places(id, obj) {
		value := at(obj, place...)
		if value == nil {
			continue
		}
		text, ok := value.(string)
		if !ok {
			text = compact(value)
		}
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return r, true, fmt.Errorf("%s: %w", place, err)
		}
		return r, true, r.check()
	}
	return r, false, nil
}

func (r Record) check() error {
	for _, text := range []string{r.Started, r.Stopped, r.Delayed} {
		if t, err := time.Parse(timeForm, text); text != "" && (err != nil || t.Location() != time.UTC && Time(t) != text) {
			return fmt.Errorf("the time %q is not as Kopf writes it", text)
		}
	}
	return nil
}

// Store is the patch by which the operator keeps a record: 1.37 writes it to all
// its places.
func (o Operator) Store(obj map[string]any, id string, r Record) map[string]any {
	out := map[string]any{}
	for _, place := range o.places(id, obj) {
		if place[0] == "status" {
			set(out, jsonCopy(r), place...)
		} else {
			set(out, compact(r), place...)
		}
	}
	if !o.InStatus {
		o.mark(out)
	}
	return out
}

// places are where records are, in the order of reading.
func (o Operator) places(id string, obj map[string]any) [][]string {
	var out [][]string
	if !o.InStatus {
		for _, key := range o.keys(id, obj) {
			out = append(out, []string{"metadata", "annotations", key})
		}
	}
	return append(out, []string{"status", "kopf", "progress", id})
}

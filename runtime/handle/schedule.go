package handle

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/runtime/daemon"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// scheduleFields are the fields of a schedule, in cron's form.
var scheduleFields = []string{"minute", "hour", "day of month", "month", "day of week"}

// scheduleWords stand for whole schedules.
var scheduleWords = []string{"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}

const scheduleForm = `a schedule has minute, hour, day of month, month and day of week, such as "0 3 * * *"`

var (
	spaced = regexp.MustCompile(`\S+`)
	limits = regexp.MustCompile(`^(?:beginning|end) of range \((\d+)\) (above|below) (?:maximum|minimum) \((\d+)\)`)
)

// wrongSchedule says what is wrong with a schedule, at the field that is.
func wrongSchedule(s *spec.String, err error) *diag.Diagnostic {
	if strings.HasPrefix(s.Value, "@") {
		d := ruleSchedule.At(s.Node.Range, "%q is not one of the words for a schedule", s.Value)
		if guess, ok := diag.Nearest(s.Value, scheduleWords); ok {
			d.SuggestWord(s.Value, guess)
			d.Detail += fmt.Sprintf("; did you mean %q?", guess)
		} else {
			d.Detail += ": " + strings.Join(scheduleWords, ", ")
		}
		return d
	}
	fields := spaced.FindAllStringIndex(s.Value, -1)
	if len(fields) != len(scheduleFields) {
		return ruleSchedule.At(s.Node.Range, "%q has %d fields; %s", s.Value, len(fields), scheduleForm)
	}
	for i, at := range fields {
		alone := slices.Repeat([]string{"*"}, len(fields))
		alone[i] = s.Value[at[0]:at[1]]
		if _, wrong := daemon.ParseSchedule(strings.Join(alone, " "), "UTC"); wrong != nil {
			return ruleSchedule.At(s.Node.RangeOf(at[0], at[1]), "%s; %s", fieldProblem(alone[i], scheduleFields[i], wrong), scheduleForm)
		}
	}
	return ruleSchedule.At(s.Node.Range, "%v; %s", err, scheduleForm)
}

// fieldProblem puts what the library says of a field into plain words.
func fieldProblem(field, name string, err error) string {
	text := err.Error()
	if m := limits.FindStringSubmatch(text); m != nil {
		word := map[string]string{"above": "at most", "below": "at least"}[m[2]]
		return fmt.Sprintf("the %s is %s %s, and here %s", name, word, m[3], m[1])
	}
	if strings.HasPrefix(text, "failed to parse") {
		return fmt.Sprintf("%q is no %s", field, name)
	}
	return fmt.Sprintf("the %s: %s", name, text)
}

package handle

import (
	"fmt"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// A wrong schedule is reported at the field that is wrong, in words of its own.
func TestWrongSchedules(t *testing.T) {
	tests := map[string]string{
		`"0 3 * *"`:     `8:17: "0 3 * *" has 4 fields; ` + scheduleForm,
		`"61 3 * * *"`:  `8:18: the minute is at most 59, and here 61; ` + scheduleForm,
		`"0 3 0 * *"`:   `8:22: the day of month is at least 1, and here 0; ` + scheduleForm,
		`"0 3 * * XYZ"`: `8:26: "XYZ" is no day of week; ` + scheduleForm,
		`"@dayly"`:      `8:17: "@dayly" is not one of the words for a schedule; did you mean "@daily"?`,
		`"@often"`:      `8:17: "@often" is not one of the words for a schedule: @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly`,
		`"0 5-3 * * *"`: `8:20: the hour: beginning of range (5) beyond end of range (3): 5-3; ` + scheduleForm,
	}
	for schedule, want := range tests {
		t.Run(schedule, func(t *testing.T) {
			text := "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: x}\nspec:\n  timers:\n    - id: it\n      resource: pods\n      schedule: " + schedule + "\n      do: [{log: hello}]\n"
			bundle, found := spec.Parse([]spec.Source{{Name: "x.yaml", Text: []byte(text)}})
			_, more := Compile(bundle.Operators[0], nil)
			found = append(found, more...)
			if len(found) != 1 {
				t.Fatalf("found %v", found)
			}
			d := found[0]
			if got := fmt.Sprintf("%d:%d: %s", d.Subject.Start.Line, d.Subject.Start.Column, d.Detail); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

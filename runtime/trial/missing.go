package trial

import (
	"fmt"

	"github.com/kopf-declarative/kopf-declarative/eval"
)

// missing is the error of a variable that has no value.
type missing struct{ name string }

func (m *missing) Error() string { return m.name + " has no value" }

// absent is the value of a variable that has none: whoever needs it fails.
func absent(name string) func() (any, error) {
	return func() (any, error) { return nil, &missing{name} }
}

// examples are values that show how a variable is given, where it is not just NAME=VALUE.
var examples = map[string]string{
	"steps":    "steps.NAME=VALUE",
	"vars":     "vars.NAME=VALUE",
	"children": "children.ALIAS=[OBJECT]",
	"error":    "error.message=TEXT",
	"event":    "event.type=ADDED",
	"operator": "operator.name=NAME",
	"reason":   "reason=create",
	"resource": "resource.plural=NAME",
}

// flag is what stands before NAME=VALUE.
func (t *Trial) flag() string {
	if t.options.Interactive {
		return ":let "
	}
	return "--let "
}

// howToGive says how a variable gets a value.
func (t *Trial) howToGive(name string) string {
	way := examples[name]
	if way == "" {
		way = name + "=VALUE"
	}
	way = t.flag() + way
	_, isPart := eval.PartOfObject(name)
	switch {
	case isPart || name == "resource":
		return fmt.Sprintf("there is no object; --object FILE gives it, or %s", way)
	case name == "old" || name == "diff" || name == "reason" || name == "new":
		if t.subject.object == nil {
			return fmt.Sprintf("there is no object; --object FILE and --old FILE give it, or %s", way)
		}
		return fmt.Sprintf("the state before the change is not known; --old FILE gives it, or %s", way)
	case name == "vars":
		return fmt.Sprintf("--operator FILE and --handler ID give it, or %s", way)
	case name == "operator":
		return fmt.Sprintf("--operator FILE gives it, or %s", way)
	}
	return fmt.Sprintf("it exists in runs only; %s gives it", way)
}

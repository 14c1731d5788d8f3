package handle

import "github.com/kopf-declarative/kopf-declarative/spec/diag"

// Rules are all rules that this package reports.
func Rules() []*diag.Rule {
	return []*diag.Rule{
		ruleInternal, ruleAlias, ruleVersions, ruleSchedule, ruleTimeZone,
	}
}

// The rules of one operator as a whole.
var (
	ruleInternal = &diag.Rule{
		ID: "internal", Summary: "cannot set up expressions",
		Explanation: "The engine cannot make its own environment of expressions. This is a bug of the engine, not of the definition.",
	}
	ruleAlias = &diag.Rule{
		ID: "unknown-alias", Summary: "unknown resource alias",
		Explanation: "`children.<alias>` names a resource by its alias in `spec.resources`, and there is none of this name.",
	}
	ruleVersions = &diag.Rule{
		ID: "two-versions", Summary: "one resource in two versions",
		Explanation: "Handlers of one resource share a record on its objects, so an operator can handle it in one version only.",
	}
	ruleSchedule = &diag.Rule{
		ID: "schedule", Summary: "invalid schedule",
		Explanation: "The schedule of a timer is in cron's form: minute, hour, day of month, month and day of week, such as `0 3 * * *`, or a word such as `@daily`.",
	}
	ruleTimeZone = &diag.Rule{
		ID: "time-zone", Summary: "unknown time zone",
		Explanation: "A time zone has a name of the IANA database, such as `Europe/Berlin`.",
	}
)

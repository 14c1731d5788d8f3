package spec

// The rules of reading YAML.
var (
	ruleRead      = rule{"unreadable", "cannot read"}
	ruleSyntax    = rule{"syntax", "invalid YAML"}
	ruleEncoding  = rule{"encoding", "invalid character"}
	ruleDuplicate = rule{"duplicate-key", "duplicate key"}
	ruleKey       = rule{"invalid-key", "invalid key"}
	ruleAlias     = rule{"invalid-alias", "invalid alias"}
	ruleMerge     = rule{"invalid-merge", "invalid merge"}
	ruleTag       = rule{"invalid-tag", "invalid tag"}
	ruleNumber    = rule{"invalid-number", "invalid number"}
)

// The rules of the form of a definition.
var (
	ruleDocument = rule{"unknown-kind", "unknown kind of document"}
	ruleUnknown  = rule{"unknown-key", "unknown key"}
	ruleLater    = rule{"later-version", "not in this version"}
	ruleMissing  = rule{"missing-key", "missing key"}
	ruleType     = rule{"wrong-type", "wrong type"}
	ruleEnum     = rule{"unknown-value", "unknown value"}
	ruleEmpty    = rule{"empty", "nothing there"}
	ruleBounds   = rule{"out-of-range", "out of range"}
	ruleForm     = rule{"invalid-name", "invalid name"}
	ruleFixed    = rule{"fixed-text", "no template here"}
	ruleExpr     = rule{"not-a-template", "an expression, not a template"}
	rulePath     = rule{"invalid-path", "invalid path"}
	ruleSelector = rule{"invalid-selector", "invalid selector"}
	ruleChoice   = rule{"one-of", "one of several keys"}
	ruleTogether = rule{"key-combination", "keys that do not go together"}
)

// The rules of a definition as a whole.
var (
	ruleAction       = rule{"one-action", "a step has one action"}
	ruleUnique       = rule{"duplicate-name", "duplicate name"}
	ruleNeeds        = rule{"unknown-handler", "unknown handler"}
	ruleCycle        = rule{"needs-cycle", "handlers wait for each other"}
	ruleHandlerField = rule{"handler-kind", "not for this kind of handler"}
	ruleMatchField   = rule{"match-field", "no field to test"}
	ruleNeverMatches = rule{"never-matches", "never matches"}
	ruleReserved     = rule{"reserved-name", "reserved name"}
)

package spec

import "github.com/kopf-declarative/kopf-declarative/spec/diag"

// Rules are all rules that this package reports.
func Rules() []*diag.Rule {
	return []*diag.Rule{
		ruleRead, ruleSyntax, ruleEncoding, ruleDuplicate, ruleKey, ruleAlias, ruleMerge, ruleTag, ruleNumber,
		ruleDocument, ruleUnknown, ruleLater, ruleMissing, ruleType, ruleEnum, ruleEmpty, ruleBounds, ruleForm, ruleFixed, ruleExpr, rulePath, ruleSelector, ruleChoice, ruleTogether,
		ruleAction, ruleUnique, ruleNeeds, ruleCycle, ruleHandlerField, ruleMatchField, ruleNeverMatches, ruleReserved,
	}
}

// The rules of reading YAML.
var (
	ruleRead = &diag.Rule{
		ID: "unreadable", Summary: "cannot read",
		Explanation: "A file that was named does not exist or cannot be read, or a folder holds no .yaml, .yml or .json file.",
	}
	ruleSyntax = &diag.Rule{
		ID: "syntax", Summary: "invalid YAML",
		Explanation: "The text is not YAML. One document of a stream that is broken hides nothing in the others.",
	}
	ruleEncoding = &diag.Rule{
		ID: "encoding", Summary: "invalid character",
		Explanation: "YAML is UTF-8 text without control characters. In double quotes, any character can be written as an escape, such as `\"\\u0007\"`.",
	}
	ruleDuplicate = &diag.Rule{
		ID: "duplicate-key", Summary: "duplicate key",
		Explanation: "A map has each key once. Which of the two values would count is different from parser to parser.",
	}
	ruleKey = &diag.Rule{
		ID: "invalid-key", Summary: "invalid key",
		Explanation: "Keys are text. A brace or a bracket that begins a text starts a map or a list in YAML: quote the text.",
	}
	ruleAlias = &diag.Rule{
		ID: "invalid-alias", Summary: "invalid alias",
		Explanation: "An alias (`*name`) cannot stand inside the value that it names, and the aliases of a document cannot stand for more values than anybody would write.",
	}
	ruleMerge = &diag.Rule{
		ID: "invalid-merge", Summary: "invalid merge",
		Explanation: "The merge key `<<` takes a map or a list of maps, mostly by an alias.",
	}
	ruleTag = &diag.Rule{
		ID: "invalid-tag", Summary: "invalid tag",
		Explanation: "A text that begins with `!` is the name of a type for YAML, and only those of JSON exist here. Quote the text.",
	}
	ruleNumber = &diag.Rule{
		ID: "invalid-number", Summary: "invalid number",
		Explanation: "A number must mean the same for everybody: one with a leading zero is read with base 8 by some and base 10 by others, and one that does not fit into 64 bits, or is not finite, has no form in JSON. Quote what is text.",
	}
)

// The rules of the form of a definition.
var (
	ruleDocument = &diag.Rule{
		ID: "unknown-kind", Summary: "unknown kind of document",
		Explanation: "A file holds documents of the kinds `Operator`, `OperatorTest` and `CustomResourceDefinition`, each with its `apiVersion`.",
	}
	ruleUnknown = &diag.Rule{
		ID: "unknown-key", Summary: "unknown key",
		Explanation: "The key does not exist here. The message names the one that was probably meant, or the place that the key belongs to.",
	}
	ruleLater = &diag.Rule{
		ID: "later-version", Summary: "not in this version",
		Explanation: "The language has this key or value, but the version at hand does not support it yet.",
	}
	ruleMissing = &diag.Rule{
		ID: "missing-key", Summary: "missing key",
		Explanation: "Without this key the definition cannot be used.",
	}
	ruleType = &diag.Rule{
		ID: "wrong-type", Summary: "wrong type",
		Explanation: "The value is of another type than the key takes, such as a list in the place of a text. Labels and annotations are text: quote numbers and booleans.",
	}
	ruleEnum = &diag.Rule{
		ID: "unknown-value", Summary: "unknown value",
		Explanation: "The key takes a few words only, and this is none of them.",
	}
	ruleEmpty = &diag.Rule{
		ID: "empty", Summary: "nothing there",
		Explanation: "A list without items or an expression without text has no meaning here. Leave the key out, or fill it in.",
	}
	ruleBounds = &diag.Rule{
		ID: "out-of-range", Summary: "out of range",
		Explanation: "The number or duration is too small or too large for the key.",
	}
	ruleForm = &diag.Rule{
		ID: "invalid-name", Summary: "invalid name",
		Explanation: "Names end up in Kubernetes or in expressions, which allow only some characters in them, and only so many.",
	}
	ruleFixed = &diag.Rule{
		ID: "fixed-text", Summary: "no template here",
		Explanation: "What is known when the file is loaded cannot depend on an object: here `${…}` is not evaluated. Use an expression where the key has one, such as `when`.",
	}
	ruleExpr = &diag.Rule{
		ID: "not-a-template", Summary: "an expression, not a template",
		Explanation: "Some keys, such as `when` and `forEach`, hold a CEL expression as it stands. `${…}` is for templates.",
	}
	rulePath = &diag.Rule{
		ID: "invalid-path", Summary: "invalid path",
		Explanation: "A path names the keys from the top of the object, with dots between them. A key that has a dot itself needs the form of a list: `[metadata, labels, example.com/stage]`.",
	}
	ruleSelector = &diag.Rule{
		ID: "invalid-selector", Summary: "invalid selector",
		Explanation: "A resource is an alias of `spec.resources`, a short form as kubectl has it (`pods`, `deployments.apps`, `apps/v1/deployments`), or a map.",
	}
	ruleChoice = &diag.Rule{
		ID: "one-of", Summary: "one of several keys",
		Explanation: "One of several keys must be given, and none is.",
	}
	ruleTogether = &diag.Rule{
		ID: "key-combination", Summary: "keys that do not go together",
		Explanation: "The keys contradict each other, or one has a meaning only beside another.",
	}
)

// The rules of a definition as a whole.
var (
	ruleAction = &diag.Rule{
		ID: "one-action", Summary: "a step has one action",
		Explanation: "A step does one thing, so that its name, `when` and `forEach` are about that. Begin a new step for each action, or put several under `do`.",
	}
	ruleUnique = &diag.Rule{
		ID: "duplicate-name", Summary: "duplicate name",
		Explanation: "Names tell things apart: handlers by their id in the records on the object, steps by their name in `steps`, operators by theirs.",
	}
	ruleNeeds = &diag.Rule{
		ID: "unknown-handler", Summary: "unknown handler",
		Explanation: "`needs` waits for a handler of the same operator, and there is none with this id.",
	}
	ruleCycle = &diag.Rule{
		ID: "needs-cycle", Summary: "handlers wait for each other",
		Explanation: "Each of these handlers waits for the next one to succeed, and the last for the first: none of them would ever run.",
	}
	ruleHandlerField = &diag.Rule{
		ID: "handler-kind", Summary: "not for this kind of handler",
		Explanation: "The key means something only for other values of `on`. Here it would be silently without effect.",
	}
	ruleMatchField = &diag.Rule{
		ID: "match-field", Summary: "no field to test",
		Explanation: "`value`, `old` and `new` test a field, so `field` must say which.",
	}
	ruleNeverMatches = &diag.Rule{
		ID: "never-matches", Summary: "never matches",
		Explanation: "No object can pass this test, so the handler would never run.",
	}
	ruleReserved = &diag.Rule{
		ID: "reserved-name", Summary: "reserved name",
		Explanation: "The engine or CEL needs the name for itself.",
	}
)

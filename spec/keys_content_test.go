package spec

import "testing"

// What a key holds is told right where keys of one type differ.
func TestKeyContent(t *testing.T) {
	for path, want := range map[string]Content{
		"spec.handlers.match.when":          ExpressionContent,
		"spec.handlers.match.labels.when":   ExpressionContent,
		"spec.handlers.match.labels.equals": OtherContent,
		"spec.handlers.vars":                TemplateContent,
		"spec.handlers.do.log":              TemplateContent,
		"spec.handlers.do.return":           TemplateContent,
		"spec.handlers.do.create.object":    TemplateContent,
		"spec.handlers.resource":            SelectorContent,
		"spec.resources":                    SelectorContent,
		"spec.handlers.field":               PathContent,
		"spec.handlers.optional":            BoolContent,
		"spec.handlers.retries":             OtherContent,
		"metadata.labels":                   OtherContent,
	} {
		keys := FindKeys(path)
		if len(keys) != 1 || keys[0].Content != want {
			t.Errorf("%s: %+v", path, keys)
		}
	}
	on := FindKeys("spec.handlers.on")[0]
	if !on.Listed || on.Named || len(on.Values) != 6 {
		t.Errorf("on: %+v", on)
	}
	if resources := FindKeys("spec.resources")[0]; !resources.Named || resources.Listed {
		t.Errorf("resources: %+v", resources)
	}
}

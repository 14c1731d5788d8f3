package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// setFlag is the flag, the suffix of the variable and the key of the config file
// for the operators' own settings.
const setFlag = "set"

// overrides are settings for all operators, which win over their own. Those of
// flags win over those of the environment, and these over the config file's.
type overrides struct {
	fromFile, fromEnv, fromFlags *spec.Settings
	// fromPeering are those that have flags of their own.
	fromPeering *spec.Settings
}

// apply puts the overrides into the operators.
func (o *overrides) apply(operators []*spec.Operator) {
	for _, op := range operators {
		for _, layer := range []*spec.Settings{o.fromFile, o.fromEnv, o.fromFlags, o.fromPeering} {
			op.Spec.Settings = op.Spec.Settings.With(layer)
		}
	}
}

// parseOverrides reads overrides from the config file's text, the environment's
// value and the flags' values.
func parseOverrides(file spec.Source, env string, flags []string) (o overrides, err error) {
	settings, found := spec.ParseSettings(file, setFlag)
	if len(found) > 0 {
		return o, errors.New(oneFinding(found[0]))
	}
	o.fromFile = settings
	if o.fromEnv, err = parsePairs(strings.Fields(env)); err != nil {
		return o, fmt.Errorf("%s: %w", envName(setFlag), err)
	}
	if o.fromFlags, err = parsePairs(flags); err != nil {
		return o, fmt.Errorf("--%s: %w", setFlag, err)
	}
	return o, nil
}

func oneFinding(d *diag.Diagnostic) string { return d.Subject.String() + ": " + d.Message() }

// parsePairs reads settings of the form PATH=VALUE together, since some have a
// meaning only with others.
func parsePairs(pairs []string) (*spec.Settings, error) {
	block := map[string]any{}
	for _, pair := range pairs {
		if err := setPair(block, pair); err != nil {
			return nil, err
		}
	}
	text, err := yaml.Marshal(block)
	if err != nil {
		return nil, err
	}
	settings, found := spec.ParseSettings(spec.Source{Text: text})
	if len(found) > 0 {
		return nil, errors.New(found[0].Message())
	}
	return settings, nil
}

func setPair(block map[string]any, pair string) error {
	path, text, ok := strings.Cut(pair, "=")
	if !ok {
		return fmt.Errorf("%q is not of the form PATH=VALUE, such as queueing.exitTimeout=30s", pair)
	}
	known := spec.SettingPaths()
	if !slices.Contains(known, path) {
		return fmt.Errorf("there is no setting %q%s", path, didYouMean(path, "", known))
	}
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		return fmt.Errorf("%s: %q is not a YAML value", path, text)
	}
	keys := strings.Split(path, ".")
	for _, key := range keys[:len(keys)-1] {
		inner, ok := block[key].(map[string]any)
		if !ok {
			inner = map[string]any{}
			block[key] = inner
		}
		block = inner
	}
	block[keys[len(keys)-1]] = value
	return nil
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// configFile finds the config file: the one that is named, else the first that
// exists in the usual places, else none.
func configFile(cmd *cobra.Command) (string, error) {
	named := cmd.Flags().Lookup("config").Value.String()
	if named == "" {
		named = os.Getenv(envName("config"))
	}
	if named != "" {
		return named, nil
	}
	candidates := []string{program + ".yaml"}
	if dir, err := os.UserConfigDir(); err == nil {
		candidates = append(candidates, filepath.Join(dir, program+".yaml"))
	}
	for _, path := range candidates {
		switch _, err := os.Stat(path); {
		case err == nil:
			return path, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", fmt.Errorf("cannot read the config file: %w", err)
		}
	}
	return "", nil
}

// checkFile finds what viper would let pass: unknown keys and values that are
// not scalars. Its errors begin with their place in the file.
func checkFile(data []byte, root *cobra.Command) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return fmt.Errorf(": %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(doc.Content) == 0 {
		return nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return fmt.Errorf(":%d:%d: must be a map of settings, such as namespace: demo", top.Line, top.Column)
	}
	known := settingNames(root)
	for i := 0; i < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		if !slices.Contains(known, key.Value) {
			return fmt.Errorf(":%d:%d: unknown key %q%s", key.Line, key.Column, key.Value, didYouMean(key.Value, "", known))
		}
		if err := checkValue(key, value); err != nil {
			return err
		}
	}
	var unique map[string]any // a second look, for keys that stand twice
	if err := doc.Decode(&unique); err != nil {
		return fmt.Errorf(": %s", strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: unmarshal errors:")), " "))
	}
	return nil
}

// checkValue finds values that are not of the form that the flag takes.
func checkValue(key, value *yaml.Node) error {
	switch {
	case value.Kind == yaml.ScalarNode || key.Value == setFlag:
		return nil
	case key.Value != namespaceFlag && !strings.HasSuffix(key.Value, "-"+namespaceFlag):
		return fmt.Errorf(":%d:%d: %s must be a single value", value.Line, value.Column, key.Value)
	case value.Kind != yaml.SequenceNode:
		return fmt.Errorf(":%d:%d: %s must be a single value or a list of them", value.Line, value.Column, key.Value)
	}
	for _, item := range value.Content {
		if item.Kind != yaml.ScalarNode {
			return fmt.Errorf(":%d:%d: %s must be a single value or a list of them", item.Line, item.Column, key.Value)
		}
	}
	return nil
}

// settingNames are the keys of a config file: the flags of all commands, so that
// one file serves them all, and those for one command.
func settingNames(root *cobra.Command) []string {
	var names []string
	for _, cmd := range root.Commands() {
		if cmd.PreRunE == nil {
			continue
		}
		add := func(f *pflag.Flag) {
			switch f.Name {
			case "config", "help":
			case setFlag:
				names = append(names, f.Name)
			default:
				names = append(names, f.Name, ownName(cmd, f.Name))
			}
		}
		root.PersistentFlags().VisitAll(add)
		cmd.Flags().VisitAll(add)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

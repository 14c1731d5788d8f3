package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// settings are what flags, environment and config file say, in this order of
// precedence. Each is a flag, and the flags are all there is to know: resolve
// sets those that were not given from the other places.
type settings struct {
	config        string
	color         string
	logFormat     string
	verbose       bool
	quiet         bool
	kubeconfig    string
	context       string
	namespace     string
	allNamespaces bool
	applyCRDs     bool
	set           []string
	overrides     overrides
	output        string
	cpuProfile    string
}

func (s *settings) globalFlags(f *pflag.FlagSet) {
	f.StringVar(&s.config, "config", "", "read settings from this `FILE`, by the names of the flags")
	f.Var(newChoice(&s.color, "auto", "always", "never"), "color", "colour the output: auto, always or never")
	f.BoolVarP(&s.verbose, "verbose", "v", false, "log in detail, for debugging")
}

func (s *settings) runFlags(f *pflag.FlagSet) {
	f.StringVar(&s.kubeconfig, "kubeconfig", "", "use this kubeconfig `FILE` (default $KUBECONFIG, ~/.kube/config, then the cluster that this runs in)")
	f.StringVar(&s.context, "context", "", "use the kubeconfig's context of this `NAME` (default its current one)")
	f.VarP((*namespaceName)(&s.namespace), "namespace", "n", "watch only this namespace")
	f.BoolVarP(&s.allNamespaces, "all-namespaces", "A", false, "watch all namespaces; the default where there is no --namespace")
	f.BoolVar(&s.applyCRDs, "apply-crds", false, "install or update the files' CustomResourceDefinitions first")
	f.StringArrayVar(&s.set, setFlag, nil, "`PATH=VALUE` in the settings of all operators, such as queueing.exitTimeout=30s; may be repeated")
	f.Var(newChoice(&s.logFormat, "text", "json"), "log-format", "format of the log: text or json")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "log only warnings and errors")
	f.StringVar(&s.cpuProfile, "cpuprofile", "", "write a CPU profile to this `FILE`, and a heap profile beside it")
	f.Lookup("cpuprofile").Hidden = true
}

func (s *settings) versionFlags(f *pflag.FlagSet) {
	f.VarP(newChoice(&s.output, "text", "json"), "output", "o", "format of the output: text or json")
}

// watched is the only namespace to watch; empty for all of them.
func (s *settings) watched() string {
	if s.allNamespaces {
		return ""
	}
	return s.namespace
}

// exclusive are pairs of flags of which at most one may be on. Where both come
// from different places, the stronger place turns the other one off.
var exclusive = [][2]string{{"namespace", "all-namespaces"}, {"verbose", "quiet"}}

// resolve sets the flags of the command that were not given from the environment
// and the config file. It is the PreRunE of the commands.
func (s *settings) resolve(cmd *cobra.Command, _ []string) error {
	r := &resolver{cmd: cmd, viper: viper.New(), from: map[string]source{}}
	r.viper.SetEnvPrefix("KOPF")
	r.viper.SetEnvKeyReplacer(strings.NewReplacer("-", "_"))
	r.viper.AutomaticEnv()
	if err := r.readFile(); err != nil {
		return usageErrorf(cmd, "%v", err)
	}
	if err := r.setFlags(); err != nil {
		return usageErrorf(cmd, "%v", err)
	}
	var err error
	if s.overrides, err = parseOverrides(r.file, os.Getenv(envName(setFlag)), s.set); err != nil {
		return usageErrorf(cmd, "%v", err)
	}
	return r.checkExclusive()
}

// resolver finds the value of each flag.
type resolver struct {
	cmd   *cobra.Command
	viper *viper.Viper
	file  spec.Source
	from  map[string]source
}

// source is the place that a flag's value comes from; a greater one wins.
type source int

const (
	fromDefault source = iota
	fromFile
	fromEnv
	fromFlag
)

func envName(flag string) string {
	return "KOPF_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// setFlags gives each flag its strongest value.
func (r *resolver) setFlags() error {
	var problems []error
	r.cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			r.from[f.Name] = fromFlag
			return
		}
		if !r.viper.IsSet(f.Name) || f.Name == "help" || f.Name == setFlag {
			return
		}
		place := r.file.Name + ": " + f.Name
		r.from[f.Name] = fromFile
		if os.Getenv(envName(f.Name)) != "" {
			place, r.from[f.Name] = envName(f.Name), fromEnv
		}
		text := r.viper.GetString(f.Name)
		if err := f.Value.Set(text); err != nil {
			problems = append(problems, badValue(f, place, text, err))
		}
	})
	return errors.Join(problems[:min(1, len(problems))]...)
}

func badValue(f *pflag.Flag, place, text string, err error) error {
	if f.Value.Type() == "bool" {
		err = errors.New("must be true or false")
	}
	return fmt.Errorf("%s: %q %w", place, text, err)
}

// checkExclusive enforces exclusive.
func (r *resolver) checkExclusive() error {
	flags := r.cmd.Flags()
	for _, pair := range exclusive {
		a, b := flags.Lookup(pair[0]), flags.Lookup(pair[1])
		if a == nil || b == nil || !isOn(a) || !isOn(b) {
			continue
		}
		weaker := a
		switch {
		case r.from[a.Name] == r.from[b.Name]:
			return usageErrorf(r.cmd, "--%s and --%s exclude each other", a.Name, b.Name)
		case r.from[a.Name] > r.from[b.Name]:
			weaker = b
		}
		if weaker.Value.Type() == "bool" { // a namespace yields to all of them anyway
			if err := weaker.Value.Set("false"); err != nil {
				return err
			}
		}
	}
	return nil
}

func isOn(f *pflag.Flag) bool { return f.Value.String() != f.DefValue }

// readFile loads the config file, if there is one.
func (r *resolver) readFile() error {
	path, err := configFile(r.cmd)
	if err != nil || path == "" {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("cannot read the config file: %w", err)
	}
	r.file = spec.Source{Name: path, Text: data}
	if err := checkFile(data, r.cmd.Root()); err != nil {
		return fmt.Errorf("%s%w", path, err)
	}
	r.viper.SetConfigType("yaml")
	return r.viper.ReadConfig(bytes.NewReader(data))
}

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
		if value.Kind != yaml.ScalarNode && key.Value != setFlag {
			return fmt.Errorf(":%d:%d: %s must be a single value", value.Line, value.Column, key.Value)
		}
	}
	var unique map[string]any // a second look, for keys that stand twice
	if err := doc.Decode(&unique); err != nil {
		return fmt.Errorf(": %s", strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: unmarshal errors:")), " "))
	}
	return nil
}

// settingNames are the keys of a config file: the flags of all commands, so that
// one file serves them all.
func settingNames(root *cobra.Command) []string {
	var names []string
	add := func(f *pflag.Flag) {
		if f.Name != "config" && f.Name != "help" && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	root.PersistentFlags().VisitAll(add)
	for _, cmd := range root.Commands() {
		if cmd.PreRunE != nil {
			cmd.Flags().VisitAll(add)
		}
	}
	slices.Sort(names)
	return names
}

// namespaceName is a flag whose value is a namespace. An empty one is refused:
// it comes from a variable that is not set, and would mean all namespaces.
type namespaceName string

// String implements pflag.Value.
func (n *namespaceName) String() string { return string(*n) }

// Type implements pflag.Value.
func (n *namespaceName) Type() string { return "NAMESPACE" }

// Set implements pflag.Value.
func (n *namespaceName) Set(text string) error {
	if problems := validation.IsDNS1123Label(text); len(problems) > 0 {
		return errors.New("is not the name of a namespace")
	}
	*n = namespaceName(text)
	return nil
}

// choice is a flag whose value is one of a few words; the first is the default.
type choice struct {
	value *string
	words []string
}

func newChoice(value *string, words ...string) *choice {
	*value = words[0]
	return &choice{value, words}
}

// String implements pflag.Value.
func (c *choice) String() string { return *c.value }

// Type implements pflag.Value.
func (c *choice) Type() string { return "WORD" }

// Set implements pflag.Value.
func (c *choice) Set(text string) error {
	if !slices.Contains(c.words, text) {
		last := len(c.words) - 1
		return fmt.Errorf("must be %s or %s%s", strings.Join(c.words[:last], ", "), c.words[last], didYouMean(text, "", c.words))
	}
	*c.value = text
	return nil
}

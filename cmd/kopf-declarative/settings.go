package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/kopf-declarative/kopf-declarative/runtime/health"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
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
	namespaces    []string
	allNamespaces bool
	applyCRDs     bool
	set           []string
	overrides     overrides
	output        string
	listen        string
	liveness      health.Endpoint
	server        string
	handlers      []string
	files         []string
	prefixes      []string
	cpuProfile    string
	crds          []string
	peeringSettings
	lintSettings
	graphSettings
	evalSettings
	initSettings
}

func (s *settings) globalFlags(f *pflag.FlagSet) {
	f.StringVar(&s.config, "config", "", "read settings from this `FILE`, by the names of the flags")
	f.Var(newChoice(&s.color, "auto", "always", "never"), "color", "colour the output: auto, always or never")
	f.BoolVarP(&s.verbose, "verbose", "v", false, "log in detail, for debugging")
}

// clusterFlags say which cluster is meant.
func (s *settings) clusterFlags(f *pflag.FlagSet) {
	f.StringVar(&s.kubeconfig, "kubeconfig", "", "use this kubeconfig `FILE` (default $KUBECONFIG, ~/.kube/config, then the cluster that this runs in)")
	f.StringVar(&s.context, "context", "", "use the kubeconfig's context of this `NAME` (default its current one)")
}

// namespaceFlags say which part of it; what for is for the command to say.
func (s *settings) namespaceFlags(f *pflag.FlagSet, one, all string) {
	f.VarP((*namespacePatterns)(&s.namespaces), namespaceFlag, "n", one)
	f.BoolVarP(&s.allNamespaces, "all-namespaces", "A", false, all)
}

func (s *settings) runFlags(f *pflag.FlagSet) {
	s.clusterFlags(f)
	s.namespaceFlags(f, "watch only this namespace, or those that match a pattern such as 'app-*,!*-test'; may be repeated", "watch all namespaces; the default where there is no --namespace")
	s.nameFlag(f, "take part in the peering of this `NAME`, which must exist")
	s.priorityFlags(f, "pause for other operators with a higher priority than this, and make those with a lower one pause")
	f.BoolVar(&s.standalone, "standalone", false, "take no notice of other operators")
	f.BoolVar(&s.applyCRDs, "apply-crds", false, "install or update the files' CustomResourceDefinitions first")
	f.Var((*listenAddress)(&s.listen), "listen", "serve /metrics, /healthz, /readyz and /status at this host and port, such as :8080")
	f.Var((*livenessURL)(&s.liveness), "liveness", "serve the health at this URL too, such as http://0.0.0.0:8080/healthz")
	f.StringArrayVar(&s.set, setFlag, nil, "`PATH=VALUE` in the settings of all operators, such as queueing.exitTimeout=30s; may be repeated")
	f.Var(newChoice(&s.logFormat, "text", "json"), "log-format", "format of the log: text or json")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "log only warnings and errors")
	f.StringVar(&s.cpuProfile, "cpuprofile", "", "write a CPU profile to this `FILE`, and a heap profile beside it")
	f.Lookup("cpuprofile").Hidden = true
}

func (s *settings) versionFlags(f *pflag.FlagSet) {
	f.VarP(newChoice(&s.output, "text", "json"), "output", "o", "format of the output: text or json")
}

func (s *settings) statusFlags(f *pflag.FlagSet) {
	f.StringVar(&s.server, "server", "http://127.0.0.1:8080", "`URL` of the engine, as its --listen says it")
	f.VarP(newChoice(&s.output, "text", "json"), "output", "o", "format of the output: text or json")
}

func (s *settings) retryFlags(f *pflag.FlagSet) {
	s.clusterFlags(f)
	f.VarP((*namespacePatterns)(&s.namespaces), namespaceFlag, "n", "namespace of the object (default that of the kubeconfig's context)")
	f.StringArrayVar(&s.handlers, "handler", nil, "`ID` of a handler, also of one that waits for its next attempt; may be repeated")
	f.StringArrayVarP(&s.files, "file", "f", nil, "only the operators of this `FILE` or folder; may be repeated")
	f.StringArrayVar(&s.prefixes, "prefix", nil, "only the operator whose annotations have this `PREFIX`; may be repeated")
}

// watched are the namespaces to watch. Their patterns have been checked.
func (s *settings) watched() (scope.Namespaces, error) {
	if s.allNamespaces {
		return scope.Namespaces{}, nil
	}
	return scope.Parse(s.namespaces...)
}

// exclusive are pairs of flags of which at most one may be on. Where both come
// from different places, the stronger place turns the other one off.
var exclusive = [][2]string{{namespaceFlag, "all-namespaces"}, {"verbose", "quiet"}, {"dev", "priority"}, {"standalone", "peering"}}

// resolve sets the flags of the command that were not given from the environment
// and the config file. It is the PreRunE of the commands.
func (s *settings) resolve(cmd *cobra.Command, _ []string) error {
	r := &resolver{cmd: cmd, viper: viper.New(), from: map[string]source{}}
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
	if err := r.checkExclusive(); err != nil {
		return err
	}
	if s.overrides.fromPeering, err = s.override(); err != nil {
		return usageErrorf(cmd, "--peering: %v", err)
	}
	return nil
}

// resolver finds the value of each flag.
type resolver struct {
	cmd   *cobra.Command
	viper *viper.Viper // the config file
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

func envName(setting string) string {
	return "KOPF_" + strings.ToUpper(strings.ReplaceAll(setting, "-", "_"))
}

// ownName is the name of a setting that is for one command alone. It goes before that of
// the flag, which is for all commands that have it.
func ownName(cmd *cobra.Command, flag string) string { return cmd.Name() + "-" + flag }

// place is where a value of a flag may come from.
type place struct {
	from source
	// name is that of the setting, and shown is how messages call the place.
	name, shown string
}

// places are where a flag has a value beside the command line, the strongest first.
func (r *resolver) places(f *pflag.Flag) []place {
	names := []string{ownName(r.cmd, f.Name), f.Name}
	var out []place
	for _, name := range names {
		if os.Getenv(envName(name)) != "" {
			out = append(out, place{fromEnv, name, envName(name)})
		}
	}
	for _, name := range names {
		if r.viper.IsSet(name) {
			out = append(out, place{fromFile, name, r.file.Name + ": " + name})
		}
	}
	return out
}

// setFlags gives each flag its strongest value.
func (r *resolver) setFlags() error {
	var problem error
	r.cmd.Flags().VisitAll(func(f *pflag.Flag) {
		switch {
		case problem != nil || f.Name == "help" || f.Name == setFlag:
		case f.Changed:
			r.from[f.Name] = fromFlag
		default:
			problem = r.setFlag(f)
		}
	})
	return problem
}

func (r *resolver) setFlag(f *pflag.Flag) error {
	for _, p := range r.places(f) {
		texts := r.values(f, p)
		if p.name == f.Name && r.isForOthers(f, texts) {
			continue
		}
		r.from[f.Name] = p.from
		for _, text := range texts {
			if err := f.Value.Set(text); err != nil {
				return badValue(f, p.shown, text, err)
			}
		}
		return nil
	}
	return nil
}

// isForOthers tells whether a setting has a word that this command does not know, but
// another one that has the flag. One that nobody knows is a mistake.
func (r *resolver) isForOthers(f *pflag.Flag, texts []string) bool {
	own, ok := f.Value.(*choice)
	if !ok || len(texts) != 1 || slices.Contains(own.words, texts[0]) {
		return false
	}
	return slices.ContainsFunc(r.cmd.Root().Commands(), func(cmd *cobra.Command) bool {
		other := cmd.Flags().Lookup(f.Name)
		if other == nil {
			return false
		}
		words, ok := other.Value.(*choice)
		return ok && slices.Contains(words.words, texts[0])
	})
}

// values are what a place says for a flag: several, as a list or separated by spaces, where
// it may be repeated.
func (r *resolver) values(f *pflag.Flag, p place) []string {
	isList := f.Name == namespaceFlag
	switch {
	case p.from == fromEnv && isList:
		return strings.Fields(os.Getenv(envName(p.name)))
	case p.from == fromEnv:
		return []string{os.Getenv(envName(p.name))}
	case isList:
		return r.viper.GetStringSlice(p.name)
	}
	return []string{r.viper.GetString(p.name)}
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
		if weaker.Value.Type() == "bool" { // namespaces yield to all of them anyway
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

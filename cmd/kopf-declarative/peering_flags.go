package main

import (
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/kopf-declarative/kopf-declarative/runtime/peer"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// What freeze takes where nothing else is said: above operators that have no priority, below
// those of developers.
const (
	freezePriority = 100
	freezeLifetime = seconds(time.Minute)
)

// peeringSettings are the flags about other operators. The letters are those of Kopf.
type peeringSettings struct {
	peering    string
	priority   integer
	dev        bool
	standalone bool

	freezeID       string
	freezeMessage  string
	freezeLifetime seconds
}

func (s *peeringSettings) nameFlag(f *pflag.FlagSet, usage string) {
	f.StringVarP(&s.peering, "peering", "P", "", usage)
}

func (s *peeringSettings) priorityFlags(f *pflag.FlagSet, usage string) {
	f.VarP(&s.priority, "priority", "p", usage)
	f.BoolVar(&s.dev, "dev", false, "the priority of a developer's machine, "+strconv.Itoa(devPriority))
}

func (s *peeringSettings) identityFlag(f *pflag.FlagSet) {
	f.StringVar(&s.freezeID, "id", "", "the `NAME` of the entry (default user@host)")
}

// freezeFlags are those of freeze.
func (s *settings) freezeFlags(f *pflag.FlagSet) {
	s.clusterFlags(f)
	s.namespaceFlags(f, "pause the operators that watch this namespace", "pause those that watch all namespaces; the default where there is no --namespace")
	s.nameFlag(f, "the `NAME` of the peering (default \"default\")")
	s.priorityFlags(f, "pause operators of this or a lower priority (default "+strconv.Itoa(freezePriority)+")")
	s.freezeLifetime = freezeLifetime
	f.VarP(&s.freezeLifetime, "lifetime", "t", "the longest time of the pause, such as 10m; a plain number is seconds")
	s.identityFlag(f)
	f.StringVarP(&s.freezeMessage, "message", "m", "", "`TEXT` that the paused operators log")
}

// resumeFlags are those of resume.
func (s *settings) resumeFlags(f *pflag.FlagSet) {
	s.clusterFlags(f)
	s.namespaceFlags(f, "as it was said to freeze", "as it was said to freeze")
	s.nameFlag(f, "the `NAME` of the peering (default \"default\")")
	s.identityFlag(f)
}

func (s *peeringSettings) identity() string {
	if s.freezeID != "" {
		return s.freezeID
	}
	return peer.Person()
}

func (s *peeringSettings) peeringName() string {
	if s.peering != "" {
		return s.peering
	}
	return "default"
}

// ownPriority is the priority that was chosen, if any.
func (s *peeringSettings) ownPriority() (int, bool) {
	if s.dev {
		return devPriority, true
	}
	return s.priority.n, s.priority.given
}

// override is what the flags say, as settings of all operators. Whoever names a peering
// relies on it: it is mandatory then, as in Kopf.
func (s *peeringSettings) override() (*spec.Settings, error) {
	var pairs []string
	if s.peering != "" {
		pairs = append(pairs, "peering.name="+strconv.Quote(s.peering), "peering.mandatory=true")
	}
	if priority, ok := s.ownPriority(); ok {
		pairs = append(pairs, "peering.priority="+strconv.Itoa(priority))
	}
	if s.standalone {
		pairs = append(pairs, "peering.standalone=true")
	}
	return parsePairs(pairs)
}

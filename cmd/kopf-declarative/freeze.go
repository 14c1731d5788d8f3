package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/peer"
)

// devPriority is that of --dev: above all that people use in a cluster.
const devPriority = 666

func newFreeze(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "freeze",
		Short: "Pause the operators of a cluster or a namespace",
		Long: `Pause the operators that take part in a peering, by an entry of its own in the
peering object: those that watch all namespaces, or with --namespace those that
watch this one. They go on when the lifetime is over, or after 'resume'.
Operators with a higher priority take no notice.`,
		Example: `  kopf-declarative freeze --lifetime 10m -m "moving the database"
  kopf-declarative freeze -n demo`,
		Args:    noArgs,
		PreRunE: a.settings.resolve,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.freeze(cmd.Context()) },
	}
	a.settings.freezeFlags(cmd.Flags())
	return cmd
}

func newResume(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "resume",
		Short: "Let operators go on that were paused by 'freeze'",
		Long: `Take the entry of 'freeze' away from the peering object. The same person, host,
namespace and peering are needed, or the same --id.`,
		Example: `  kopf-declarative resume
  kopf-declarative resume -n demo`,
		Args:    noArgs,
		PreRunE: a.settings.resolve,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.resume(cmd.Context()) },
	}
	a.settings.resumeFlags(cmd.Flags())
	return cmd
}

func newCRDs(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "crds",
		Short: "Print what a cluster needs for peering",
		Long: `Print the CustomResourceDefinitions of peering objects, ClusterKopfPeering and
KopfPeering, and an object "default" of each, as YAML. kubectl may have to apply
them twice: it does not wait for the definitions before it makes the objects.`,
		Example: `  kopf-declarative crds | kubectl apply -f -`,
		Args:    noArgs,
		PreRunE: a.settings.resolve,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.stdout, peer.Definitions)
			return err
		},
	}
}

func (a *app) freeze(ctx context.Context) error {
	s := &a.settings
	self := peer.Peer{
		Identity: s.identity(),
		Priority: freezePriority,
		Lifetime: time.Duration(s.freezeLifetime),
		LastSeen: time.Now(),
		Message:  s.freezeMessage,
	}
	if p, ok := s.ownPriority(); ok {
		self.Priority = p
	}
	frozen, err := a.sendToPeers(ctx, peer.Renewal(self))
	for _, where := range frozen {
		fmt.Fprintf(a.stdout, "%s is frozen by %s with priority %d for %s\n", where, self.Identity, self.Priority, self.Lifetime)
	}
	return err
}

func (a *app) resume(ctx context.Context) error {
	identity := a.settings.identity()
	resumed, err := a.sendToPeers(ctx, peer.Removal(identity))
	for _, where := range resumed {
		fmt.Fprintf(a.stdout, "%s is not frozen by %s any more\n", where, identity)
	}
	return err
}

// sendToPeers patches the chosen peering objects of the chosen cluster.
func (a *app) sendToPeers(ctx context.Context, patch map[string]any) (where []string, err error) {
	s := &a.settings
	namespaces, err := s.watched()
	if err != nil {
		return nil, err
	}
	places := namespaces.Exact()
	switch {
	case namespaces.Wild():
		return nil, fmt.Errorf("%s: peering objects are found by the names of their namespaces, not by patterns", namespaces)
	case namespaces.All():
		places = []string{""}
	}
	client, err := kube.Connect(kube.Options{
		Kubeconfig: s.kubeconfig, Context: s.context, UserAgent: program, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	if _, err := client.Check(ctx); err != nil {
		return nil, err
	}
	for _, namespace := range places {
		object, err := peer.Send(ctx, client, namespace, s.peeringName(), patch)
		if err != nil {
			return where, err
		}
		where = append(where, object)
	}
	return where, nil
}

package script

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// await returns when everything expected is true.
func (p *Player) await(ctx context.Context, e Expect) error {
	for _, want := range e.Objects {
		if err := p.eventually(ctx, func() error { return p.checkObject(ctx, want) }); err != nil {
			return err
		}
	}
	for _, ref := range e.Absent {
		if err := p.eventually(ctx, func() error { return p.checkAbsent(ctx, ref) }); err != nil {
			return err
		}
	}
	for _, event := range e.Events {
		if err := p.eventually(ctx, func() error { return p.checkEvent(ctx, event) }); err != nil {
			return err
		}
	}
	for _, text := range e.Log {
		check := func() error {
			if !p.Narrator.Logged(text, 0) {
				return fmt.Errorf("nothing in the operator's log about %q", text)
			}
			return nil
		}
		if err := p.eventually(ctx, check); err != nil {
			return err
		}
	}
	return nil
}

func (p *Player) checkObject(ctx context.Context, want map[string]any) error {
	ref := refOf(&unstructured.Unstructured{Object: want})
	got, err := p.get(ctx, ref)
	if err != nil {
		return err
	}
	if m := mismatch("", want, got.Object); m != "" {
		return fmt.Errorf("%v: %s", ref, m)
	}
	return nil
}

func (p *Player) checkAbsent(ctx context.Context, ref Ref) error {
	got, err := p.get(ctx, ref)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if holders := got.GetFinalizers(); len(holders) > 0 {
		return fmt.Errorf("%v is still there, held by %s", ref, strings.Join(holders, ", "))
	}
	return fmt.Errorf("%v is still there", ref)
}

func (p *Player) checkEvent(ctx context.Context, want Event) error {
	events, err := p.events(ctx)
	if err != nil {
		return err
	}
	for _, e := range events {
		if want.About != "" && want.About != e.About || want.Type != "" && want.Type != e.Type {
			continue
		}
		if (want.Reason == "" || want.Reason == e.Reason) && strings.Contains(e.Note, want.Note) {
			return nil
		}
	}
	return fmt.Errorf("no event %s %s %q on %s", want.Type, want.Reason, want.Note, want.About)
}

func (p *Player) get(ctx context.Context, ref Ref) (*unstructured.Unstructured, error) {
	objects, err := p.resource(ctx, ref)
	if err != nil {
		return nil, err
	}
	return objects.Get(ctx, ref.Name, metav1.GetOptions{})
}

// storedEvent is an event of the cluster.
type storedEvent struct {
	Event
	uid types.UID
}

func (p *Player) events(ctx context.Context) ([]storedEvent, error) {
	gvr := schema.GroupVersionResource{Group: "events.k8s.io", Version: "v1", Resource: "events"}
	list, err := p.client.Resource(gvr).Namespace(p.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	var events []storedEvent
	for _, u := range list.Items {
		e := storedEvent{uid: u.GetUID()}
		e.Type, _, _ = unstructured.NestedString(u.Object, "type")
		e.Reason, _, _ = unstructured.NestedString(u.Object, "reason")
		e.Note, _, _ = unstructured.NestedString(u.Object, "note")
		kind, _, _ := unstructured.NestedString(u.Object, "regarding", "kind")
		name, _, _ := unstructured.NestedString(u.Object, "regarding", "name")
		e.About = kind + "/" + name
		events = append(events, e)
	}
	return events, nil
}

// show lets the reader see what has become of the objects, and the new events.
func (p *Player) show(ctx context.Context, s *Script, e Expect) error {
	for _, want := range e.Objects {
		ref := refOf(&unstructured.Unstructured{Object: want})
		got, err := p.get(ctx, ref)
		if err != nil {
			return err
		}
		paths := s.Show[ref.Kind]
		if paths == nil {
			paths = defaultView
		}
		seen := view(got.Object, paths)
		p.Narrator.object(ref, changes(p.views[ref], seen))
		p.views[ref] = seen
	}
	for _, ref := range e.Absent {
		p.Narrator.gone(ref)
		delete(p.views, ref)
	}
	return p.showEvents(ctx)
}

// showEvents tells of the events that have come since the last time.
func (p *Player) showEvents(ctx context.Context) error {
	events, err := p.events(ctx)
	if err != nil {
		return err
	}
	for _, e := range events {
		if !p.told[e.uid] {
			p.told[e.uid] = true
			p.Narrator.event(e.Event)
		}
	}
	return nil
}

// patchCommand is how a user would make the patch.
func patchCommand(patch *Patch) string {
	body, err := json.Marshal(patch.Merge)
	if err != nil {
		body = []byte("…")
	}
	command := fmt.Sprintf("kubectl patch %v --type merge -p '%s'", patch.Ref, body)
	if patch.Subresource != "" {
		command += " --subresource " + patch.Subresource
	}
	return command
}

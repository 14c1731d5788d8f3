package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

const (
	maxNote   = 1024 // bytes; the API server takes no more
	maxReason = 128
	maxName   = 230 // leaves room for the number behind it
	// attempts is how often an event is sent before it is dropped.
	attempts   = 3
	retryDelay = time.Second
)

// resource is what events are posted as.
var resource = kube.Resource{Group: "events.k8s.io", Version: "v1", Kind: "Event", Plural: "events", Namespaced: true}

// identify brings an event into the form in which it is posted.
func identify(e Event) identity {
	id := identity{
		about:  e.About,
		kind:   e.Type,
		reason: cut(e.Reason, maxReason),
		action: cut(e.Action, maxReason),
		note:   cut(e.Note, maxNote),
	}
	if id.kind == "" {
		id.kind = corev1.EventTypeNormal
	}
	if id.action == "" {
		id.action = id.reason
	}
	return id
}

// cut shortens a text to a number of bytes without breaking a character.
func cut(text string, limit int) string {
	const dots = "…"
	if len(text) <= limit {
		return text
	}
	end := limit - len(dots)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + dots
}

// namespaceOf is where an event about an object is: with it, or in default.
func namespaceOf(about corev1.ObjectReference) string {
	if about.Namespace == "" {
		return metav1.NamespaceDefault
	}
	return about.Namespace
}

// create posts the first event of a series, and tells whether it was taken.
func (l *lane) create(s *series) bool {
	s.event = l.name(s.about, s.last)
	text, err := json.Marshal(&eventsv1.Event{
		TypeMeta:            metav1.TypeMeta{APIVersion: "events.k8s.io/v1", Kind: "Event"},
		ObjectMeta:          metav1.ObjectMeta{Name: s.event, Namespace: namespaceOf(s.about)},
		EventTime:           metav1.NewMicroTime(s.last),
		ReportingController: l.recorder.options.ReportingController,
		ReportingInstance:   cut(l.recorder.options.ReportingInstance, maxReason),
		Action:              s.action,
		Reason:              s.reason,
		Regarding:           s.about,
		Note:                s.note,
		Type:                s.kind,
	})
	if err != nil {
		return false
	}
	return l.send(s, func(ctx context.Context) error {
		_, err := l.recorder.options.Client.Create(ctx, resource, namespaceOf(s.about), text)
		return err
	}) == nil
}

// name makes a new name for an Event object.
func (l *lane) name(about corev1.ObjectReference, now time.Time) string {
	l.stamp = max(l.stamp+1, now.UnixNano())
	base := strings.TrimRight(about.Name[:min(maxName, len(about.Name))], "-.")
	if len(validation.IsDNS1123Subdomain(base)) > 0 { // such as the name of a role
		base = strings.ToLower(about.Kind)
	}
	return fmt.Sprintf("%s.%x", base, l.stamp)
}

// sendCount sends how often an event of a series has happened. Where the event
// has expired meanwhile, a new one begins.
func (l *lane) sendCount(s *series) {
	s.fresh, s.sent = false, l.recorder.clock.Now()
	patch, err := json.Marshal(map[string]any{"series": eventsv1.EventSeries{
		Count: s.count, LastObservedTime: metav1.NewMicroTime(s.last),
	}})
	if err != nil {
		return
	}
	err = l.send(s, func(ctx context.Context) error {
		_, err := l.recorder.options.Client.MergePatch(ctx, resource, namespaceOf(s.about), s.event, "", patch, false)
		if apierrors.IsNotFound(err) {
			return errExpired
		}
		return err
	})
	if errors.Is(err, errExpired) {
		l.begin(s.identity, s.last)
	}
}

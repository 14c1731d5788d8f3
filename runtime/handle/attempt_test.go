package handle

import (
	"errors"
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
)

func TestFaultOf(t *testing.T) {
	second := time.Second
	for _, tt := range []struct {
		name  string
		err   error
		kind  state.FaultKind
		delay time.Duration // 0 for none
	}{
		{"any", errors.New("oops"), state.Arbitrary, 0},
		// It is for `errors` to decide; only the delay is the server's.
		{"a busy server", fmt.Errorf("creating: %w", apierrors.NewTooManyRequests("busy", 7)), state.Arbitrary, 7 * time.Second},
		{"a server that refuses", apierrors.NewBadRequest("oops"), state.Permanent, 0},
		{"temporary", &actions.Temporary{Message: "later", Delay: &second}, state.Temporary, second},
		{"permanent", &actions.Permanent{Message: "never"}, state.Permanent, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := faultOf(tt.err)
			if got.Kind != tt.kind || (got.Delay != nil) != (tt.delay != 0) || got.Delay != nil && *got.Delay != tt.delay {
				t.Errorf("got kind %d, delay %v", got.Kind, got.Delay)
			}
		})
	}
}

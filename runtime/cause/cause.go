package cause

import (
	"slices"

	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// Reason is why an object is handled. The values of those that handlers can
// ask for are also the purposes in progress records.
type Reason string

// The reasons, in the order in which they are recognised.
const (
	Free   Reason = "free"   // being deleted, and not held by us
	Delete Reason = "delete" // being deleted, and held by our finalizer; or gone
	Create Reason = "create" // never handled to the end
	Update Reason = "update" // differs from what was handled
	Resume Reason = "resume" // handled before this engine started
	Noop   Reason = "noop"   // nothing that matters has changed
)

// Input is all that a cause depends on.
type Input struct {
	Object    map[string]any
	Gone      bool // not in the API any more; Object is its last state
	Finalizer string

	// Essence says what belongs to the essence of this object.
	Essence essence.Options

	// Stored is the text of the essence that was handled last.
	Stored    string
	HasStored bool

	// Pending is the text of the essence that an unfinished cycle began with.
	// The cycle stays one of that change: what has changed meanwhile was not
	// seen by the handlers that had succeeded, and is the next update.
	Pending    string
	HasPending bool

	// FirstListing: the object was there when the engine started, and no
	// cycle of it has come to its end since.
	FirstListing bool

	// Retry are the handlers that a user wants to be tried again, in declared order.
	Retry []Wish
	// Unseen: no handler is for changes, so a change is never at its end, and does not go
	// before what is asked for.
	Unseen bool
}

// Wish is a handler that failed for good and is to be tried again, with the reason of the
// cycle in which it failed.
type Wish struct {
	ID      string
	Purpose Reason
}

// Cause is why an object is handled, and what has changed.
type Cause struct {
	Reason Reason

	// Resuming: handlers that ask for resume are due besides those that the
	// reason names. During a deletion that is only for those that want it.
	Resuming bool

	// Again are the only handlers that are due for the reason, because a user wants them to be
	// tried again: nothing has changed. It is empty for what happens by itself.
	Again []string

	// Old and New are essences, without a share in the object; Old is nil if
	// none is stored. They and the diff are there for the reasons that have
	// handlers.
	Old, New map[string]any
	Diff     essence.Diff
}

// Detect finds the cause. An error means that the stored essence is damaged;
// the cause is then that of an object without one, and as good as can be.
func Detect(in Input) (Cause, error) {
	switch {
	case !in.Gone && IsDeleting(in.Object) && !HasFinalizer(in.Object, in.Finalizer):
		return Cause{Reason: Free}, nil
	case !in.ending() && !in.FirstListing && len(in.Retry) == 0 && in.HasStored && !in.HasPending &&
		essence.Matches(in.Object, in.Essence, in.Stored):
		return Cause{Reason: Noop}, nil
	}
	old, err := oldEssence(in)
	cause := Cause{Old: old, New: newEssence(in, old)}
	cause.Diff = essence.Compare(anyMap(old), cause.New)
	cause.Reason, cause.Resuming = classify(in, cause)
	switch cause.Reason {
	case Noop:
		return Cause{Reason: Noop}, err
	case Delete:
		return cause, err
	}
	if old != nil && in.retries(cause) {
		cause = retrying(in, cause)
	}
	return cause, err
}

// ending tells whether the object's time is over.
func (in Input) ending() bool { return in.Gone || IsDeleting(in.Object) }

// classify decides among the reasons that need the essences.
func classify(in Input, c Cause) (reason Reason, resuming bool) {
	switch {
	case in.ending():
		return Delete, in.FirstListing && !in.Gone
	case c.Old == nil:
		return Create, false
	case in.retries(c):
		return firstPurpose(in.Retry), in.FirstListing
	case len(c.Diff) > 0:
		return Update, in.FirstListing
	case in.FirstListing:
		return Resume, true
	default:
		return Noop, false
	}
}

// purposes are those that handlers can be tried again for, in the order in which that is
// done where there are several.
var purposes = []Reason{Create, Resume, Update}

// firstPurpose is what to begin with.
func firstPurpose(wishes []Wish) Reason {
	for _, purpose := range purposes {
		if slices.ContainsFunc(wishes, func(w Wish) bool { return w.Purpose == purpose }) {
			return purpose
		}
	}
	return Noop
}

// retries tells that it is the turn of what is asked for.
func (in Input) retries(c Cause) bool {
	return firstPurpose(in.Retry) != Noop && (len(c.Diff) == 0 || in.Unseen)
}

// retrying is the cause of a cycle for those handlers alone that are to be tried again. A
// creation looks like one; of an update, nothing is left to be seen.
func retrying(in Input, c Cause) Cause {
	for _, w := range in.Retry {
		if w.Purpose == c.Reason {
			c.Again = append(c.Again, w.ID)
		}
	}
	if c.Reason == Create {
		c.Old, c.Diff = nil, essence.Compare(nil, c.New)
	}
	return c
}

func oldEssence(in Input) (map[string]any, error) {
	if !in.HasStored {
		return nil, nil
	}
	return essence.Unmarshal(in.Stored)
}

// newEssence is what the cycle is about. A pending essence that is damaged is
// as good as none. One that says nothing new is of a resume; when that is over,
// it must not hide later changes where its removal went wrong.
func newEssence(in Input, old map[string]any) map[string]any {
	if in.HasPending && !in.ending() {
		pending, err := essence.Unmarshal(in.Pending)
		news := in.FirstListing || len(essence.Compare(anyMap(old), anyMap(pending))) > 0
		if err == nil && pending != nil && news {
			return pending
		}
	}
	return essence.Of(in.Object, in.Essence)
}

// anyMap keeps an absent map from becoming an interface that is not nil.
func anyMap(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}

// IsDeleting tells whether somebody has deleted the object already.
func IsDeleting(obj map[string]any) bool {
	stamp, _ := essence.Lookup(obj, []string{"metadata", "deletionTimestamp"})
	return stamp != nil
}

// HasFinalizer tells whether this finalizer holds the object.
func HasFinalizer(obj map[string]any, finalizer string) bool {
	held, _ := essence.Lookup(obj, []string{"metadata", "finalizers"})
	list, _ := held.([]any)
	return slices.Contains(list, any(finalizer))
}

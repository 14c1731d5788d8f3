package handle

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
)

// conflictRetries is how often a patch is made anew on a newer object within
// one pass; after that the whole pass is repeated with the engine's own delay.
const conflictRetries = 5

// lastWords is how long the record of what was done may still be written once
// the end of the engine has cut off its work: without it, handlers that have
// succeeded would run again.
const lastWords = 2 * time.Second

// outlive is a context that ends some time after another one.
func outlive(ctx context.Context, longer time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(longer, func() { cancel(context.Cause(ctx)) })
	})
	return out, func() { stop(); cancel(nil) }
}

// write sends the cycle's patch. An object that has gone meanwhile needs none.
// A patch that the API server calls invalid is the fault of the handlers that
// contributed to it: these fail, and the rest is written.
func (p *pass) write(ctx context.Context) error {
	ctx, cancel := outlive(ctx, lastWords)
	defer cancel()
	_, err := p.send(ctx)
	for kube.Permanent(err) {
		// It may be another object by now, which refuses the uid.
		if gone := p.rebase(ctx); gone != nil {
			err = gone
			break
		}
		if len(p.shares) == 0 {
			return err
		}
		if err := p.blame(ctx, err); err != nil {
			return err
		}
		_, err = p.send(ctx)
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// send writes what own holds: the status first, so that the record that the
// handlers have succeeded is never there without what they said in the status.
// It returns the object as answered last, nil if nothing was to be written.
func (p *pass) send(ctx context.Context) (*kube.Object, error) {
	for attempt := 0; ; attempt++ {
		answer, err := p.sendParts(ctx)
		if !apierrors.IsConflict(err) || attempt == conflictRetries {
			return answer, err
		}
		if err := p.rebase(ctx); err != nil {
			return nil, err
		}
	}
}

// sendParts sends the one or two patches. That of the status is always guarded:
// the server does not compare its uid, and the object may have been made again
// under its name; and where the second is guarded, a change of somebody else's
// before the first must not go unnoticed.
func (p *pass) sendParts(ctx context.Context) (answer *kube.Object, err error) {
	status, _ := p.own.Status()
	main, mainGuarded := p.own.Main()
	version := p.own.ResourceVersion()
	if len(status) > 0 {
		if answer, err = p.patch(ctx, "status", status, true, version); err != nil {
			return nil, err
		}
		version = answer.ResourceVersion
		p.own.StatusWritten()
	}
	if len(main) > 0 {
		return p.patch(ctx, "", main, mainGuarded, version)
	}
	return answer, nil
}

// patch sends one merge patch, for the object that was looked at and no other
// that was made again under its name. A guarded one is for one version of it.
func (p *pass) patch(ctx context.Context, subresource string, merge map[string]any, guarded bool, version string) (*kube.Object, error) {
	identity := map[string]any{"uid": essence.MetaText(p.object, "uid")}
	if guarded {
		identity["resourceVersion"] = version
	}
	answer, err := p.request(ctx, subresource, patch.Merge(merge, map[string]any{"metadata": identity}), false)
	if err == nil {
		p.result.Written, p.written = answer.ResourceVersion, answer.ResourceVersion
	}
	return answer, err
}

func (p *pass) request(ctx context.Context, subresource string, merge map[string]any, dryRun bool) (*kube.Object, error) {
	body, err := json.Marshal(merge)
	if err != nil {
		return nil, err
	}
	answer, err := p.w.client.MergePatch(ctx, p.w.resource, essence.MetaText(p.object, "namespace"), essence.MetaText(p.object, "name"), subresource, body, dryRun)
	return answer, kube.Discreet(p.w.resource, err)
}

// rebase makes the patch anew for the object as it is now.
func (p *pass) rebase(ctx context.Context) error {
	newer, err := p.w.client.Get(ctx, p.w.resource, essence.MetaText(p.object, "namespace"), essence.MetaText(p.object, "name"))
	if err != nil {
		return err
	}
	if newer.UID != essence.MetaText(p.object, "uid") {
		return apierrors.NewNotFound(p.w.resource.GVR().GroupResource(), newer.Name)
	}
	p.outdated = p.outdated || newer.ResourceVersion != p.own.ResourceVersion()
	object, err := newer.Decode()
	if err != nil {
		return err
	}
	if err := p.own.Rebase(object); err != nil {
		p.log.Warn("a change does not fit the newer object any more and is left out", "error", err)
	}
	return nil
}

// blame finds the shares of the patch that are refused, by asking the API
// server about each one alone, without storing it; if none is wrong alone, all
// are. It fails the handlers behind them and makes the patch anew without them.
func (p *pass) blame(ctx context.Context, refused error) error {
	if err := p.try(ctx, p.own.Select(p.isEngines)); kube.Permanent(err) {
		return fmt.Errorf("what the engine itself keeps on the object is refused: %w", err)
	}
	var innocent, guilty []share
	var reasons []error
	for _, s := range p.shares {
		err := p.try(ctx, p.own.Select(s.has))
		if !kube.Permanent(err) {
			innocent = append(innocent, s)
			continue
		}
		guilty, reasons = append(guilty, s), append(reasons, err)
	}
	if len(guilty) == 0 {
		innocent, guilty = nil, innocent
		reasons = slices.Repeat([]error{refused}, len(guilty))
	}
	p.restrict(innocent)
	for i, s := range guilty {
		p.refuse(ctx, s, reasons[i])
	}
	return p.settle()
}

// isEngines tells the engine's own edits from those of handlers.
func (p *pass) isEngines(edit int) bool {
	return !slices.ContainsFunc(p.shares, func(s share) bool { return s.has(edit) })
}

// restrict leaves nothing in the patch but these shares.
func (p *pass) restrict(shares []share) {
	p.own = p.own.Select(func(edit int) bool {
		return slices.ContainsFunc(shares, func(s share) bool { return s.has(edit) })
	})
	p.shares = nil
	end := 0
	for _, s := range shares {
		s.from, s.to = end, end+s.to-s.from
		end = s.to
		p.shares = append(p.shares, s)
	}
}

// refuse fails the handler behind a share, unless it has failed already; then
// the share is only left out.
func (p *pass) refuse(ctx context.Context, s share, err error) {
	record := p.records[s.handler.ID]
	if record.Failure {
		p.handlerLog(s.handler).Error("what the failed handler left is refused", "error", err, "onFailure", s.onFailure)
		return
	}
	p.conclude(ctx, s.handler, record, state.Outcome{Verdict: state.Failed, Message: err.Error(), Unattempted: true}, err)
}

// try asks the API server whether it would take a patch.
func (p *pass) try(ctx context.Context, part *actions.OwnPatch) error {
	if status, _ := part.Status(); len(status) > 0 {
		if _, err := p.request(ctx, "status", status, true); err != nil {
			return err
		}
	}
	if main, _ := part.Main(); len(main) > 0 {
		if _, err := p.request(ctx, "", main, true); err != nil {
			return err
		}
	}
	return nil
}

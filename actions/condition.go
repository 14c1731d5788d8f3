package actions

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// conditionAction sets one condition in the object's own status.
type conditionAction struct {
	kind, status, reason, message *eval.Template
}

func (c *compiler) condition(x *spec.Condition) action {
	a := &conditionAction{
		kind: c.template(x.Type), status: c.template(x.Status),
		reason: c.template(x.Reason), message: c.template(x.Message),
	}
	if static, ok := constant(a.kind); ok && static == "" {
		c.report(ruleConditionType, x.Type.Range, "a condition needs a type, such as Ready")
	}
	if static, ok := constant(a.reason); ok {
		if text, isText := static.(string); !isText || !reasonForm.MatchString(text) {
			c.report(ruleConditionReason, x.Reason.Range,
				"a reason is one word of letters, digits and underscores that begins with a letter, found %v", static)
			return a
		}
	}
	c.checkOwnCondition(x, a)
	return a
}

// conditionStatus takes booleans for what they mean.
func conditionStatus(value any) (string, bool) {
	switch value {
	case true, string(metav1.ConditionTrue):
		return string(metav1.ConditionTrue), true
	case false, string(metav1.ConditionFalse):
		return string(metav1.ConditionFalse), true
	case string(metav1.ConditionUnknown):
		return string(metav1.ConditionUnknown), true
	}
	return "", false
}

func (a *conditionAction) run(ctx context.Context, f *frame) (any, error) {
	wanted, err := a.render(ctx, f)
	if err != nil {
		return nil, err
	}
	now, generation := f.Now, at(f.Object, "metadata", "generation")
	err = f.Own.Edit(func(object map[string]any) (map[string]any, error) {
		return setCondition(object, wanted, now, generation)
	})
	if err != nil {
		return nil, err
	}
	return findCondition(conditionsOf(f.Own.Object()), wanted["type"]), nil
}

func (a *conditionAction) render(ctx context.Context, f *frame) (map[string]any, error) {
	kind, err := a.kind.Text(ctx, f.bind)
	if err != nil {
		return nil, err
	}
	if kind == "" {
		return nil, permanent("a condition needs a type")
	}
	value, exists, err := a.status.Render(ctx, f.bind)
	if err != nil {
		return nil, err
	}
	status, valid := conditionStatus(value)
	if !valid {
		return nil, permanent("the status of condition %s must be True, False or Unknown, found %s", kind, found(value, exists))
	}
	reason, err := renderText(ctx, f, a.reason)
	if err != nil {
		return nil, err
	}
	if reason == "" {
		reason = defaultReason(kind, status)
	}
	message, err := renderText(ctx, f, a.message)
	if err != nil {
		return nil, err
	}
	return map[string]any{"type": kind, "status": status, "reason": reason, "message": message}, nil
}

var (
	// reasonForm is what the schema of conditions demands of a reason.
	reasonForm  = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$`)
	notInReason = regexp.MustCompile(`[^A-Za-z0-9_]`)
)

// defaultReason makes a reason of the type: Ready, NotReady; schemas demand one.
func defaultReason(kind, status string) string {
	word := notInReason.ReplaceAllString(kind[strings.LastIndex(kind, "/")+1:], "")
	switch status {
	case string(metav1.ConditionFalse):
		word = "Not" + word
	case string(metav1.ConditionUnknown):
		word = "Unknown"
	}
	if !reasonForm.MatchString(word) {
		return "Status" + status
	}
	return word
}

// setCondition is the merge patch that makes the object have the condition;
// empty where it has it already. The whole list is in it, since a merge patch
// replaces lists.
func setCondition(object, wanted map[string]any, now time.Time, generation any) (map[string]any, error) {
	conditions := conditionsOf(object)
	if value := at(object, "status", "conditions"); value != nil && conditions == nil {
		return nil, permanent("status.conditions must be a list, found %s", kindOf(value))
	}
	old := findCondition(conditions, wanted["type"])
	updated := updateCondition(old, wanted, now, generation)
	if old != nil && patch.Equal(old, updated) {
		return nil, nil
	}
	list := slices.Clone(conditions)
	if old == nil {
		list = append(list, updated)
	}
	for i, condition := range list {
		if fields, ok := condition.(map[string]any); ok && fields["type"] == wanted["type"] {
			list[i] = updated
		}
	}
	return map[string]any{"status": map[string]any{"conditions": list}}, nil
}

// updateCondition keeps fields that are somebody else's, and the transition
// time unless the status changes.
func updateCondition(old, wanted map[string]any, now time.Time, generation any) map[string]any {
	updated := map[string]any{}
	maps.Copy(updated, old)
	maps.Copy(updated, wanted)
	// A schema may not know observedGeneration and prune it: its absence alone
	// is no reason to write.
	if generation != nil && (old == nil || old["observedGeneration"] != nil || !patch.Equal(old, updated)) {
		updated["observedGeneration"] = generation
	}
	if old == nil || old["status"] != wanted["status"] || old["lastTransitionTime"] == nil {
		updated["lastTransitionTime"] = now.UTC().Format(time.RFC3339)
	}
	return updated
}

func conditionsOf(object map[string]any) []any { return listAt(object, "status", "conditions") }

func findCondition(conditions []any, kind any) map[string]any {
	for _, condition := range conditions {
		if fields, ok := condition.(map[string]any); ok && fields["type"] == kind {
			return fields
		}
	}
	return nil
}

package status

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Write shows a status to people.
func Write(w io.Writer, s *Status) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	state := "ready"
	if !s.Ready {
		state = "not ready"
	}
	fmt.Fprintf(out, "engine %s, %s, up for %s\n", s.Version, state, rounded(s.Now.Sub(s.Started)))
	for _, o := range s.Operators {
		o.write(out, s.Now)
	}
	return out.Flush()
}

func (o Operator) write(out io.Writer, now time.Time) {
	fmt.Fprintf(out, "\noperator %s\n", o.Name)
	for _, reason := range o.Paused {
		fmt.Fprintf(out, "  paused: %s\n", reason)
	}
	for _, reason := range o.NotReady {
		fmt.Fprintf(out, "  not ready: %s\n", reason)
	}
	if len(o.Resources) > 0 {
		fmt.Fprintln(out, "\n  RESOURCE\tWATCHED\tUNDER WAY")
	}
	for _, r := range o.Resources {
		fmt.Fprintf(out, "  %s\t%d\t%d\n", r.Resource, r.Watched, r.UnderWay)
	}
	if len(o.Handlers) > 0 {
		fmt.Fprintln(out, "\n  HANDLER\tRUNS\tSUCCEEDED\tFAILED\tRETRIED\tWAITED\tIGNORED")
	}
	for _, h := range o.Handlers {
		n := h.Outcomes
		fmt.Fprintf(out, "  %s\t%d\t%d\t%d\t%d\t%d\t%d\n", h.ID, h.Runs(), n["succeeded"], n["failed"], n["retried"], n["waiting"], n["ignored"])
	}
	o.writeObjects(out, now)
}

func (o Operator) writeObjects(out io.Writer, now time.Time) {
	if o.UnderWay == 0 {
		return
	}
	fmt.Fprintln(out, "\n  OBJECT\tHANDLER\tSTATE\tATTEMPT\tNEXT\tERROR")
	shown := map[string]bool{}
	for _, x := range o.Objects {
		shown[x.name()] = true
		fmt.Fprintf(out, "  %s\t%s\t%s\t%s\t%s\t%s\n", x.name(), dash(x.Handler), x.State, x.attempt(), x.next(now), dash(oneLine(x.Error)))
	}
	if rest := o.UnderWay - len(shown); rest > 0 {
		fmt.Fprintf(out, "  and %d more objects\n", rest)
	}
}

func (x Object) name() string {
	if x.Namespace == "" {
		return x.Resource + "/" + x.Name
	}
	return x.Resource + "/" + x.Namespace + "/" + x.Name
}

func (x Object) attempt() string {
	if x.Attempt == 0 {
		return "-"
	}
	return strconv.Itoa(x.Attempt)
}

// next is when the object is looked at again, or for how long it has been worked on.
func (x Object) next(now time.Time) string {
	switch {
	case x.Since != nil:
		return "for " + rounded(now.Sub(*x.Since))
	case x.Next == nil:
		return "-"
	case x.Next.After(now):
		return "in " + rounded(x.Next.Sub(now))
	default:
		return "now"
	}
}

func rounded(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

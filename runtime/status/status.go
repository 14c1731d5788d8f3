package status

import "time"

// Status is what one engine is doing at one time.
type Status struct {
	// Version is that of the engine, Started the time when it began, Now that of the answer.
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	Now     time.Time `json:"now"`
	// Ready tells that nothing is waited for; the operators' reasons say what is.
	Ready     bool       `json:"ready"`
	Operators []Operator `json:"operators"`
}

// Operator is what one operator is doing.
type Operator struct {
	Name string `json:"name"`
	// NotReady says what the operator waits for before it can do all of its work.
	NotReady []string `json:"notReady,omitempty"`
	// Paused says why it leaves the work to others.
	Paused    []string   `json:"paused,omitempty"`
	Resources []Resource `json:"resources,omitempty"`
	Handlers  []Handler  `json:"handlers,omitempty"`
	// UnderWay is the number of objects that are under way, Objects the first of them: those
	// at work, then by the time of their next attempt.
	UnderWay int      `json:"underWay"`
	Objects  []Object `json:"objects,omitempty"`
}

// Resource is a resource that an operator watches for its handlers.
type Resource struct {
	Resource string `json:"resource"`
	Watched  int    `json:"watched"`
	UnderWay int    `json:"underWay"`
}

// Handler is what became of a handler's runs since the engine began.
type Handler struct {
	ID string `json:"id"`
	// Outcomes are the numbers of runs: succeeded, failed, retried, waiting, ignored.
	Outcomes map[string]int `json:"outcomes,omitempty"`
}

// Runs is the number of all runs.
func (h Handler) Runs() int {
	n := 0
	for _, count := range h.Outcomes {
		n += count
	}
	return n
}

// The states of an object under way.
const (
	Running  = "running"  // a handler is at work
	Retrying = "retrying" // a handler is to be tried again
	Waiting  = "waiting"  // a handler waits for other objects, or for another handler
	Blocked  = "blocked"  // the engine could not handle the object and will try again
)

// Object is one handler of an object under way, or what the engine has to do with it.
type Object struct {
	Resource  string `json:"resource"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Handler is empty where the engine itself is in trouble.
	Handler string `json:"handler,omitempty"`
	State   string `json:"state"`
	// Attempt is the number of attempts made, the running one included.
	Attempt int `json:"attempt,omitempty"`
	// Since is when the running attempt began, Next when the next one is due at the latest.
	Since *time.Time `json:"since,omitempty"`
	Next  *time.Time `json:"next,omitempty"`
	Error string     `json:"error,omitempty"`
}

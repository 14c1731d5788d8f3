package spec

import (
	"time"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// The types of this file are the language: the decoder walks them by
// reflection, so a key exists exactly where a field here has its tag.
//
//	yaml:"key"            the key in YAML
//	yaml:"key,required"   its absence is an error
//	yaml:"key,list"       a single value may stand for a list of one
//	doc:"…"               what `explain` and the schema say about it
//	enum:"a|b"            the values that a String may have, or a list of them,
//	                      or the fixed text of a Template
//	format:"…"            the form of a String, or of what is fixed in a Template
//	keys:"…"              the form of the keys of a map that the user names
//	min, above, max       the bounds of a number or duration (in seconds)
//	action:"true"         the key is an action: a step has one of them
//
// Unset is nil everywhere. A Template is a *Value whose strings may hold
// ${…}; an *Expr is one CEL expression. Types with a short form have a method
// decodeValue.

// Template is YAML in which any string, keys included, may contain ${ CEL }.
type Template = Value

// Bundle is all that a load found.
type Bundle struct {
	Operators []*Operator
	CRDs      []*CRD
	// Sources are the texts by name, for excerpts in diagnostics.
	Sources map[string][]byte
}

// CRD is a CustomResourceDefinition document, kept as data.
type CRD struct {
	// Range is that of its name.
	Range  diag.Range
	Object map[string]any
	// Node is the document with all places in it.
	Node *Value
}

// Operator is one document of kind Operator.
type Operator struct {
	Range      diag.Range
	APIVersion *String      `yaml:"apiVersion,required" enum:"kopf.dev/v1alpha1" doc:"Version of the language: kopf.dev/v1alpha1."`
	Kind       *String      `yaml:"kind,required" enum:"Operator" doc:"Operator."`
	Metadata   OperatorMeta `yaml:"metadata,required" doc:"Name, labels and annotations of the operator."`
	Spec       OperatorSpec `yaml:"spec,required" doc:"What the operator watches and does."`
}

// OperatorMeta is the metadata of an Operator.
type OperatorMeta struct {
	Name        *String         `yaml:"name,required" format:"dns-label" doc:"Name of the operator; its annotations' prefix is <name>.kopf.dev by default."`
	Namespace   *String         `yaml:"namespace" doc:"Namespace of the document, where it is stored in a cluster."`
	Labels      []Entry[*Value] `yaml:"labels" doc:"Labels of the document."`
	Annotations []Entry[*Value] `yaml:"annotations" doc:"Annotations of the document."`
}

// OperatorSpec is the body of an Operator.
type OperatorSpec struct {
	Resources []Entry[*Selector] `yaml:"resources" keys:"alias" doc:"Aliases for the resources that the operator names."`
	Filters   []Entry[*Expr]     `yaml:"filters" keys:"identifier" doc:"Named predicates, usable in any when."`
	Settings  *Settings          `yaml:"settings" doc:"The operator's own settings."`
	Handlers  []*Handler         `yaml:"handlers" doc:"What to do when objects change."`
	Timers    []*Timer           `yaml:"timers" doc:"What to do with objects time and again."`
	Daemons   []*Daemon          `yaml:"daemons" doc:"What to do for as long as an object exists."`
	Indexes   []*Index           `yaml:"indexes" doc:"What to keep of objects for all handlers to look up."`
	Startup   []*Activity        `yaml:"startup" doc:"What to do before anything is watched."`
	Cleanup   []*Activity        `yaml:"cleanup" doc:"What to do at the end."`
	Probes    []*Probe           `yaml:"probes" doc:"What the health endpoint tells."`
}

// Entry is one key of a map that the user names, in file order.
type Entry[T any] struct {
	Key   String
	Value T
}

// Selector names resources by what the API server's discovery says of them.
// Short form: kubectl's "pods", "deployments.apps", "deployments.v1.apps",
// "apps/v1/deployments", "v1/pods".
type Selector struct {
	Range     diag.Range
	Group     *String `yaml:"group" doc:"API group; empty for the core group."`
	Version   *String `yaml:"version" doc:"API version; the preferred one if absent."`
	Kind      *String `yaml:"kind" doc:"Kind, such as Pod."`
	Plural    *String `yaml:"plural" doc:"Plural name, such as pods."`
	Singular  *String `yaml:"singular" doc:"Singular name, such as pod."`
	ShortName *String `yaml:"shortName" doc:"Short name, such as po."`
	Category  *String `yaml:"category" doc:"Every resource of this category."`
	Any       *Bool   `yaml:"any" doc:"Every resource of the group and version, except core events."`
	When      *Expr   `yaml:"when" doc:"Predicate over the resource's discovery data."`
	AnyName   *String // short forms: kind, plural, singular or short name
	// Alias is the name in spec.resources by which the selector was named.
	Alias *String
	// short is the text of a short form, which may turn out to be an alias.
	short *Value
}

// Handler is one item of spec.handlers.
type Handler struct {
	Range    diag.Range
	ID       *String     `yaml:"id" format:"handler-id" doc:"Unique id; progress and results are stored under it. Default: from its place, such as handler-1."`
	On       []*String   `yaml:"on,required,list" enum:"create|update|delete|resume|field|event" doc:"What makes the handler run."`
	Resource []*Selector `yaml:"resource,required,list" doc:"Alias of spec.resources or a short form, or a list of them."`
	Match    *Match      `yaml:"match" doc:"Which objects the handler is for."`
	Field    *Path       `yaml:"field" doc:"The field that on: field watches."`
	Needs    []*String   `yaml:"needs,list" doc:"Ids of handlers that must have succeeded in this cycle before."`
	Optional *Bool       `yaml:"optional" doc:"on: delete without a finalizer: the handler may be missed."`
	Deleted  *Bool       `yaml:"deleted" doc:"on: resume also while the object is being deleted."`
	Work
	given keySet
}

// Work is what all handlers have in common: the steps, what they work with and
// what becomes of their errors.
type Work struct {
	Param     *Template          `yaml:"param" doc:"Any value, visible as param."`
	Vars      []Entry[*Template] `yaml:"vars" keys:"identifier" doc:"Named templates, evaluated when first used, once per attempt."`
	Do        []*Step            `yaml:"do,required" doc:"The steps."`
	Result    *Template          `yaml:"result" doc:"Stored at status.<id> when the handler succeeded."`
	OnFailure []*Step            `yaml:"onFailure" doc:"Steps that run once when the handler fails for good."`
	Retries   *Int               `yaml:"retries" min:"1" doc:"At most this many attempts; unlimited by default."`
	Timeout   *Duration          `yaml:"timeout" above:"0" doc:"Time from the first attempt after which the handler fails; unlimited by default."`
	Backoff   *Backoff           `yaml:"backoff" doc:"Delay after an arbitrary error; 60s by default."`
	Errors    *String            `yaml:"errors" enum:"temporary|permanent|ignored" doc:"What an arbitrary error is; temporary by default."`
}

// Timer is one item of spec.timers.
type Timer struct {
	Range        diag.Range
	ID           *String     `yaml:"id" format:"handler-id" doc:"Unique id; results are stored under it. Default: from its place, such as timer-1."`
	Resource     []*Selector `yaml:"resource,required,list" doc:"Alias of spec.resources or a short form, or a list of them."`
	Match        *Match      `yaml:"match" doc:"Which objects the timer is for; it runs as long as they match."`
	Interval     *Duration   `yaml:"interval" above:"0" doc:"Time between the end of one run and the begin of the next."`
	Sharp        *Bool       `yaml:"sharp" doc:"interval counts from begin to begin."`
	Idle         *Duration   `yaml:"idle" above:"0" doc:"Run only when the object has not changed for so long."`
	InitialDelay *Template   `yaml:"initialDelay" format:"duration" doc:"Time until the first run; none by default."`
	Schedule     *String     `yaml:"schedule" format:"cron" doc:"When to run, in cron's form: minute, hour, day of month, month, day of week."`
	TimeZone     *String     `yaml:"timeZone" format:"time-zone" doc:"Time zone of schedule, such as Europe/Berlin; UTC by default."`
	Work
	given keySet
}

// Daemon is one item of spec.daemons.
type Daemon struct {
	Range        diag.Range
	ID           *String       `yaml:"id" format:"handler-id" doc:"Unique id; results are stored under it. Default: from its place, such as daemon-1."`
	Resource     []*Selector   `yaml:"resource,required,list" doc:"Alias of spec.resources or a short form, or a list of them."`
	Match        *Match        `yaml:"match" doc:"Which objects the daemon is for; it runs as long as they match."`
	InitialDelay *Template     `yaml:"initialDelay" format:"duration" doc:"Time until it starts; none by default."`
	Restart      *String       `yaml:"restart" enum:"always|onFailure|never" doc:"When it starts again after its end; onFailure by default."`
	Cancellation *Cancellation `yaml:"cancellation" doc:"How long it may take to stop."`
	Work
	given keySet
}

// Cancellation says how a daemon is stopped that does not end by itself.
type Cancellation struct {
	Range   diag.Range
	Backoff *Duration `yaml:"backoff" min:"0" doc:"Time that it has to end by itself before what it does is cut off."`
	Timeout *Duration `yaml:"timeout" min:"0" doc:"Time after that until it is given up and the object let go."`
}

// Index is one item of spec.indexes.
type Index struct {
	Range    diag.Range
	ID       *String     `yaml:"id,required" format:"identifier" doc:"Unique id; expressions read it as index.<id>."`
	Resource []*Selector `yaml:"resource,required,list" doc:"Alias of spec.resources or a short form, or a list of them."`
	Match    *Match      `yaml:"match" doc:"Which objects are in the index."`
	Key      *Expr       `yaml:"key,required" doc:"What to look the object up by: a value, or a list of them."`
	Value    *Template   `yaml:"value,required" doc:"What to keep of the object."`
	given    keySet
}

// Activity is one item of spec.startup or spec.cleanup: steps without an object.
type Activity struct {
	Range diag.Range
	ID    *String `yaml:"id" format:"handler-id" doc:"Unique id. Default: from its place, such as startup-1."`
	Work
	given keySet
}

// Probe is one item of spec.probes.
type Probe struct {
	Range diag.Range
	ID    *String `yaml:"id,required" format:"identifier" doc:"Unique id; the health endpoint shows the value under it."`
	Expr  *Expr   `yaml:"expr,required" doc:"The value to show."`
}

// Backoff says how long to wait after an arbitrary error. Short form: a
// duration, the same after each error.
type Backoff struct {
	Range   diag.Range
	Initial *Duration `yaml:"initial" min:"0" doc:"Delay after the first error."`
	Factor  *Number   `yaml:"factor" above:"0" doc:"Each further delay is this many times the one before; 1 by default."`
	Max     *Duration `yaml:"max" min:"0" doc:"The longest delay."`
	Jitter  *Number   `yaml:"jitter" min:"0" max:"1" doc:"Random part of each delay, from 0 to 1."`
}

// Match is the filter block; all its parts must hold.
type Match struct {
	Range       diag.Range
	Labels      []Entry[*ValueTest] `yaml:"labels" keys:"label" doc:"Tests of labels by name."`
	Annotations []Entry[*ValueTest] `yaml:"annotations" keys:"label" doc:"Tests of annotations by name."`
	Field       *Path               `yaml:"field" doc:"Dotted path or list of segments; alone it means that the field exists (update: was touched)."`
	Value       *ValueTest          `yaml:"value" doc:"Test of the field's value."`
	Old         *ValueTest          `yaml:"old" doc:"Test of the field's value before the change."`
	New         *ValueTest          `yaml:"new" doc:"Test of the field's value after the change."`
	When        *Expr               `yaml:"when" doc:"Any predicate."`
	given       keySet
}

// ValueTest tests one value. Short form: the literal that it must equal.
type ValueTest struct {
	Range  diag.Range
	Equals *Value   `yaml:"equals" doc:"The literal that it must equal."`
	In     []*Value `yaml:"in" doc:"Literals of which it must equal one."`
	Exists *Bool    `yaml:"exists" doc:"Whether it must be present."`
	When   *Expr    `yaml:"when" doc:"Predicate over value."`
}

// Path is a path into an object: dotted, or a list of segments.
type Path struct {
	Range    diag.Range
	Segments []string
	// Places are those of the segments.
	Places []diag.Range
}

// Step is one step of a do block: modifiers and exactly one action.
type Step struct {
	Range     diag.Range
	Name      *String    `yaml:"name" format:"identifier" doc:"The step's result becomes steps.<name>."`
	When      *Expr      `yaml:"when" doc:"The step is left out where this is false."`
	ForEach   *Expr      `yaml:"forEach" doc:"A list or a map: the step runs for each item, with item and key."`
	Once      *Bool      `yaml:"once" doc:"The step is not repeated when the handler is retried in the same cycle; its result is kept with the progress."`
	Do        []*Step    `yaml:"do" action:"true" doc:"Steps under one when or forEach."`
	Create    *Create    `yaml:"create" action:"true" doc:"Creates objects, by default as children of this one."`
	Patch     *Patch     `yaml:"patch" action:"true" doc:"Changes this object or another."`
	Status    *Template  `yaml:"status" format:"map" action:"true" doc:"A merge into the object's own status."`
	Condition *Condition `yaml:"condition" action:"true" doc:"Sets a condition in the object's own status."`
	Delete    *Delete    `yaml:"delete" action:"true" doc:"Deletes this object or others."`
	Get       *Get       `yaml:"get" action:"true" doc:"Reads an object."`
	Event     *Event     `yaml:"event" action:"true" doc:"Emits a Kubernetes event."`
	Log       *Log       `yaml:"log" action:"true" doc:"Writes to the operator's log."`
	Fail      *Fail      `yaml:"fail" action:"true" doc:"Ends the attempt with an error."`
	Return    *Return    `yaml:"return" action:"true" doc:"Ends the handler, with an optional result."`
	Wait      *Wait      `yaml:"wait" action:"true" doc:"Postpones the handler until a condition holds."`
	Sub       []*Sub     `yaml:"subhandlers,list" action:"true" doc:"Handlers of their own, each with its progress; this one ends when all of them have."`
	Memo      *Template  `yaml:"memo" format:"map" action:"true" doc:"A merge into memo."`
	Metric    *Metric    `yaml:"metric" action:"true" doc:"Records a metric, which the engine serves at /metrics."`
	Sleep     *Template  `yaml:"sleep" format:"duration" action:"true" doc:"Pauses, in daemons and timers; ends at once when they must stop."`
	Repeat    *Repeat    `yaml:"repeat" action:"true" doc:"Steps time and again, in daemons and timers; ends when they must stop."`
}

// Sub is one item of the action subhandlers.
type Sub struct {
	Range   diag.Range
	ForEach *Expr     `yaml:"forEach" doc:"A list or a map: one sub-handler for each item, with item and key."`
	ID      *Template `yaml:"id,required" format:"text" doc:"Its id behind that of the handler: unique among its siblings."`
	Match   *Match    `yaml:"match" doc:"Which objects it is for."`
	Work
	given keySet
}

// Metric is the action metric.
type Metric struct {
	Range  diag.Range
	Name   *String            `yaml:"name,required" doc:"Name of the metric, such as backups_total."`
	Type   *String            `yaml:"type,required" enum:"counter|gauge|histogram" doc:"What it is."`
	Value  *Template          `yaml:"value" doc:"counter: what to add, 1 by default; gauge: what to set; histogram: what to observe."`
	Labels []Entry[*Template] `yaml:"labels" doc:"Labels of the value."`
	Help   *String            `yaml:"help" doc:"What it means, for people."`
}

// Repeat is the action repeat.
type Repeat struct {
	Range diag.Range
	Every *Template `yaml:"every,required" format:"duration" doc:"Time between the end of one round and the begin of the next."`
	Until *Expr     `yaml:"until" doc:"Ends the rounds once it holds; asked after each."`
	Do    []*Step   `yaml:"do,required" doc:"The steps of a round."`
}

// Create is the action create.
type Create struct {
	Range    diag.Range
	Object   *Template `yaml:"object" format:"map" doc:"The object to create."`
	Objects  *Template `yaml:"objects" format:"list" doc:"A list of objects to create."`
	Adopt    *Adopt    `yaml:"adopt" doc:"How the children belong to this object; true by default."`
	IfExists *String   `yaml:"ifExists" enum:"keep|replace|fail" doc:"What to do where it exists already and was not made by this step; fail by default."`
}

// Adopt says how a child belongs to its parent. Short form: true or false.
type Adopt struct {
	Range              diag.Range
	Enabled            *Bool       // the short form
	Owner              *Bool       `yaml:"owner" doc:"Set an owner reference; true by default."`
	Controller         *Bool       `yaml:"controller" doc:"Mark the owner as the controller; true by default."`
	BlockOwnerDeletion *Bool       `yaml:"blockOwnerDeletion" doc:"Foreground deletion of the owner waits for the child; true by default."`
	Name               *String     `yaml:"name" enum:"strict|prefix|keep" doc:"strict: exactly the parent's name; prefix: derived from the parent's name; keep: leave it alone. Default: prefix where the object has no name."`
	Namespace          *Bool       `yaml:"namespace" doc:"Set the parent's namespace where none is given; true by default."`
	Labels             *AdoptLabel `yaml:"labels" doc:"true: copy the parent's labels; a map: set these."`
	Nested             []*Path     `yaml:"nested,list" doc:"Paths of nested objects, such as spec.template, that get the labels too."`
	Forced             *Bool       `yaml:"forced" doc:"Overwrite labels, names and owners that the object has already."`
}

// AdoptLabel is true, false or a map of label templates.
type AdoptLabel struct {
	Range   diag.Range
	Enabled *Bool
	Values  *Template
}

// Patch is the action patch.
type Patch struct {
	Range       diag.Range
	Merge       *Template `yaml:"merge" format:"map" doc:"A JSON merge patch (RFC 7386)."`
	JSON        *Template `yaml:"json" format:"list" doc:"A JSON patch (RFC 6902): a list of operations."`
	Apply       *Template `yaml:"apply" format:"map" doc:"A server-side apply configuration."`
	Subresource *String   `yaml:"subresource" format:"subresource" doc:"The subresource to patch, such as status or scale."`
	Target      *Target   `yaml:"target" doc:"The object to patch; this one by default."`
	Force       *Bool     `yaml:"force" doc:"apply: take over fields that others own."`
}

// Target names one object: by resource, or by apiVersion and kind.
type Target struct {
	Range      diag.Range
	Resource   *Selector `yaml:"resource" doc:"Alias or short form."`
	APIVersion *Template `yaml:"apiVersion" format:"text" doc:"API version, together with kind."`
	Kind       *Template `yaml:"kind" format:"text" doc:"Kind, together with apiVersion."`
	Name       *Template `yaml:"name,required" format:"text" doc:"Its name."`
	Namespace  *Template `yaml:"namespace" format:"text" doc:"Its namespace; this object's by default."`
}

// Condition is the action condition.
type Condition struct {
	Range   diag.Range
	Type    *Template `yaml:"type,required" format:"text" doc:"Type, such as Ready."`
	Status  *Template `yaml:"status,required" enum:"True|False|Unknown" doc:"Its status; booleans are taken for True and False."`
	Reason  *Template `yaml:"reason" format:"text" doc:"One word in CamelCase."`
	Message *Template `yaml:"message" format:"text" doc:"A sentence for people."`
}

// Delete is the action delete. Short form: null or {} for this object.
type Delete struct {
	Range       diag.Range
	Target      *Target            `yaml:"target" doc:"The object to delete; this one by default."`
	Resource    *Selector          `yaml:"resource" doc:"With labels: every object of this resource that matches them."`
	Labels      []Entry[*Template] `yaml:"labels" keys:"label-template" doc:"Labels that the objects must have."`
	Namespace   *Template          `yaml:"namespace" format:"text" doc:"With labels: the namespace; this object's by default, \"*\" for all."`
	Propagation *String            `yaml:"propagation" enum:"Background|Foreground|Orphan" doc:"What happens to dependents; the server's default if absent."`
	IfMissing   *String            `yaml:"ifMissing" enum:"ignore|fail" doc:"What to do where it is gone already; ignore by default."`
}

// Get is the action get. Its result is the object, or null where it is missing.
type Get struct {
	Range     diag.Range
	Target    *Target `yaml:"target,required" doc:"The object to read."`
	IfMissing *String `yaml:"ifMissing" enum:"ignore|fail" doc:"What to do where there is none; ignore by default: the result is null."`
}

// Event is the action event.
type Event struct {
	Range   diag.Range
	Type    *Template `yaml:"type" enum:"Normal|Warning" doc:"Normal or Warning; Normal by default."`
	Reason  *Template `yaml:"reason,required" format:"text" doc:"One word in CamelCase."`
	Message *Template `yaml:"message" format:"text" doc:"A sentence for people."`
	About   *Template `yaml:"about" format:"map" doc:"The object that the event is about; this one by default."`
}

// Log is the action log. Short form: the message.
type Log struct {
	Range   diag.Range
	Level   *String   `yaml:"level" enum:"debug|info|warning|error" doc:"info by default."`
	Message *Template `yaml:"message,required" format:"text" doc:"The message."`
}

// Fail is the action fail. Short form: the message of an arbitrary error.
type Fail struct {
	Range     diag.Range
	Temporary *Template `yaml:"temporary" format:"text" doc:"Message of an error that is retried after delay."`
	Permanent *Template `yaml:"permanent" format:"text" doc:"Message of an error that is final."`
	Error     *Template `yaml:"error" format:"text" doc:"Message of an arbitrary error: the handler's errors mode decides."`
	Delay     *Template `yaml:"delay" format:"duration" doc:"With temporary: time until the next attempt; 60s by default."`
}

// Return is the action return.
type Return struct {
	Range diag.Range
	// Result is nil where there is none.
	Result *Template
}

// Wait is the action wait.
type Wait struct {
	Range   diag.Range
	For     *Expr     `yaml:"for,required" doc:"The condition to wait for."`
	Timeout *Template `yaml:"timeout" format:"duration" doc:"Time from the handler's first attempt after which it fails; none by default."`
	Poll    *Template `yaml:"poll" format:"duration" doc:"Time between looks; 10s by default. Changes of children and read objects wake it at once."`
	Message *Template `yaml:"message" format:"text" doc:"What it waits for, for people."`
}

// Settings are the operator's own settings; flags and environment override them.
type Settings struct {
	Range       diag.Range
	Watching    *Watching    `yaml:"watching" doc:"The watch streams."`
	Networking  *Networking  `yaml:"networking" doc:"API requests."`
	Queueing    *Queueing    `yaml:"queueing" doc:"Workers and queues."`
	Execution   *Execution   `yaml:"execution" doc:"Handlers and expressions."`
	Persistence *Persistence `yaml:"persistence" doc:"What is stored on the objects, and how."`
	Posting     *Posting     `yaml:"posting" doc:"Kubernetes events."`
	Background  *Background  `yaml:"background" doc:"Timers and daemons."`
	Scanning    *Scanning    `yaml:"scanning" doc:"Changes of what the cluster serves."`
	Peering     *Peering     `yaml:"peering" doc:"Other operators that handle the same objects."`
}

// Scanning is settings.scanning.
type Scanning struct {
	Range    diag.Range
	Disabled *Bool `yaml:"disabled" doc:"Whether the engine keeps to the resources and namespaces that are there when it starts, and watches neither CustomResourceDefinitions nor namespaces; false by default."`
}

// Peering is settings.peering.
type Peering struct {
	Range      diag.Range
	Name       *String   `yaml:"name" format:"dns-subdomain" doc:"Name of the peering object; default by default. Operators see each other only where they have the same."`
	Priority   *Int      `yaml:"priority" min:"-2147483648" max:"2147483647" doc:"Who has a lower one, or the same, is paused; 0 by default."`
	Lifetime   *Duration `yaml:"lifetime" min:"1" doc:"Others take the operator for dead after so long without a sign of it; 60s by default."`
	Mandatory  *Bool     `yaml:"mandatory" doc:"Nothing is done as long as there is no peering object; false by default: it runs without one."`
	Standalone *Bool     `yaml:"standalone" doc:"Takes no notice of other operators, and they take none of it; false by default."`
	Stealth    *Bool     `yaml:"stealth" doc:"Keeps the signs of life out of the log; false by default."`
}

// Background is settings.background.
type Background struct {
	Range               diag.Range
	CancellationPolling *Duration `yaml:"cancellationPolling" above:"0" doc:"How often it is said of a daemon or timer that was stopped that it has not ended yet; 60s by default."`
	InstantExitTimeout  *Duration `yaml:"instantExitTimeout" min:"0" doc:"How long to wait in place for the daemons of a deleted object that end at once; 0 by default."`
}

// Watching is settings.watching.
type Watching struct {
	Range             diag.Range
	ServerTimeout     *Duration `yaml:"serverTimeout" above:"0" doc:"Asks the server to end each watch after this time."`
	InactivityTimeout *Duration `yaml:"inactivityTimeout" above:"0" doc:"A stream without an event or bookmark for so long is dead; 70s by default."`
	ReconnectBackoff  *Duration `yaml:"reconnectBackoff" min:"0" doc:"Pause after a failed stream, doubled by each further failure up to 10s; 100ms by default. A stream that the server cuts is opened again at once."`
}

// Networking is settings.networking.
type Networking struct {
	Range          diag.Range
	RequestTimeout *Duration `yaml:"requestTimeout" above:"0" doc:"Time limit of one API request; 30s by default."`
	QPS            *Number   `yaml:"qps" above:"0" doc:"Client-side limit of requests per second; none by default."`
	Burst          *Int      `yaml:"burst" min:"1" doc:"Requests over qps that may go at once."`
}

// Queueing is settings.queueing.
type Queueing struct {
	Range       diag.Range
	WorkerLimit *Int        `yaml:"workerLimit" min:"1" doc:"Objects of one resource handled at a time; 32 by default."`
	ErrorDelays []*Duration `yaml:"errorDelays,list" min:"0" doc:"Delays after errors of the engine itself, per object; the last one repeats."`
	ExitTimeout *Duration   `yaml:"exitTimeout" min:"0" doc:"Time that running handlers get when the engine stops; 10s by default."`
}

// Execution is settings.execution.
type Execution struct {
	Range          diag.Range
	DefaultBackoff *Backoff  `yaml:"defaultBackoff" doc:"backoff of handlers that have none; 60s by default."`
	CostLimit      *Int      `yaml:"costLimit" min:"1" doc:"CEL cost limit of one evaluation; 10000000 by default."`
	Deadline       *Duration `yaml:"deadline" above:"0" doc:"Time limit of one evaluation; 1s by default."`
}

// Posting is settings.posting.
type Posting struct {
	Range              diag.Range
	Enabled            *Bool   `yaml:"enabled" doc:"Whether Kubernetes events are posted; true by default."`
	Level              *String `yaml:"level" enum:"debug|info|warning|error" doc:"What handlers log at or above this level is posted as an event too; warning by default."`
	Loggers            *Bool   `yaml:"loggers" doc:"Whether what handlers log is posted at all; true by default. The step event and failures are posted in either case."`
	ReportingComponent *String `yaml:"reportingComponent" doc:"Reporting controller of the events; the operator's name by default."`
}

// Persistence is settings.persistence.
type Persistence struct {
	Range              diag.Range
	Prefix             *String          `yaml:"prefix" format:"dns-subdomain" doc:"Prefix of the annotations; <name>.kopf.dev by default."`
	Finalizer          *String          `yaml:"finalizer" format:"qualified-name" doc:"The finalizer; <prefix>/finalizer by default."`
	Progress           *ProgressStorage `yaml:"progress" doc:"Where the progress of handlers is stored."`
	Diffbase           *DiffbaseStorage `yaml:"diffbase" doc:"Where the last handled essence is stored."`
	ReadAlso           []*String        `yaml:"readAlso,list" format:"dns-subdomain" doc:"Prefixes from which records are read too, and removed when the cycle ends."`
	ConsistencyTimeout *Duration        `yaml:"consistencyTimeout" min:"0" doc:"How long to wait until an own patch comes back through the watch; 5s by default."`
}

// ProgressStorage is settings.persistence.progress.
type ProgressStorage struct {
	Range   diag.Range
	Storage *String `yaml:"storage" enum:"annotations|status" doc:"annotations by default."`
	Field   *Path   `yaml:"field" doc:"With status: the field; status.kopf.progress by default."`
}

// DiffbaseStorage is settings.persistence.diffbase.
type DiffbaseStorage struct {
	Range   diag.Range
	Storage *String `yaml:"storage" enum:"annotations|status" doc:"annotations by default."`
	Field   *Path   `yaml:"field" doc:"With status: the field; status.kopf.last-handled-configuration by default."`
	Key     *String `yaml:"key" format:"annotation-name" doc:"With annotations: the name behind the prefix; last-handled-configuration by default."`
}

// The positioned scalars. Each keeps the Value it was read from.
type (
	// String is a text.
	String struct {
		Value string
		Node  *Value
	}
	// Bool is true or false.
	Bool struct {
		Value bool
		Node  *Value
	}
	// Int is a whole number.
	Int struct {
		Value int64
		Node  *Value
	}
	// Number is any number.
	Number struct {
		Value float64
		Node  *Value
	}
	// Duration is a time span, written as in Go: 10s, 1h30m; a plain number is seconds.
	Duration struct {
		Value time.Duration
		Node  *Value
	}
	// Expr is one CEL expression.
	Expr struct {
		Text string
		Node *Value
	}
)

// Kind is what a Value is.
type Kind int

// The kinds of YAML values.
const (
	Null Kind = iota
	BoolKind
	IntKind
	FloatKind
	StringKind
	ListKind
	MapKind
)

// Value is one node of the positioned tree: aliases resolved, merge keys
// merged, scalars typed as YAML 1.2's core schema has them. An anchored Value
// may stand in several places of the tree: treat all Values as read-only.
type Value struct {
	Kind  Kind
	Range diag.Range
	// Scalar is nil, bool, int64, float64 or string.
	Scalar any
	Items  []*Value
	Fields []Field
	text   *scalarText
	// size is the number of nodes in the tree below and including this one,
	// counting those behind aliases each time.
	size int
	// broken says that a mistake in it has been reported already.
	broken bool
	// joined says of a map that it is two, for want of a dash, which has been
	// reported: what it holds does not belong together.
	joined bool
}

// Field is one key and value of a map, in file order. Keys may be templates.
type Field struct {
	Key   *Value
	Value *Value
}

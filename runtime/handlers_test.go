package runtime_test

import "testing"

func TestCreateHandler(t *testing.T) {
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: greeter}
spec:
  handlers:
    - id: greet
      on: create
      resource: widgets.test.kopf.dev
      do:
        - log: "hello ${name}, by ${operator.name} ${operator.version}, ${operator.id != ''}"
        - status: {greeted: "${spec.who}"}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {who: world}}`)
	w.becomes(widgets, "one", "status.greeted", "world")
	w.handled(widgets, "one", "greeter.kopf.dev")
	e.says("hello one, by greeter v0-test, true")
	w.patch(widgets, "one", `{spec: {who: moon}}`)
	w.create(widgets, `{metadata: {name: two}, spec: {who: mars}}`)
	w.becomes(widgets, "two", "status.greeted", "mars")
	if n := e.count("hello one"); n != 1 {
		t.Errorf("the create handler ran %d times", n)
	}
}

func TestUpdateAndDeleteHandlers(t *testing.T) {
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: life}
spec:
  resources:
    w: widgets.test.kopf.dev
  handlers:
    - id: grown
      on: update
      resource: w
      do:
        - log: "from ${old.spec.size} to ${new.spec.size}: ${diff[0].op} ${diff[0].field}, ${changed('spec')}"
    - id: resized
      on: field
      field: spec.size
      resource: w
      do:
        - log: "field ${old} ${new} ${diff[0].path}"
    - id: bye
      on: delete
      resource: w
      do:
        - log: "bye ${name}"
`)
	w.create(widgets, `{metadata: {name: one}, spec: {size: 1}}`)
	w.handled(widgets, "one", "life.kopf.dev")
	w.becomes(widgets, "one", "metadata.finalizers", []any{"life.kopf.dev/finalizer"})
	w.patch(widgets, "one", `{spec: {size: 2}}`)
	e.says("from 1 to 2: change spec.size, true")
	e.says("field 1 2 []")
	w.delete(widgets, "one")
	w.vanishes(widgets, "one")
	e.says("bye one")
}

func TestResumeHandler(t *testing.T) {
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: back}
spec:
  handlers:
    - {id: made, on: create, resource: widgets.test.kopf.dev, do: [{log: "made ${name}"}]}
    - {id: again, on: resume, resource: widgets.test.kopf.dev, do: [{log: "resumed ${name} ${reason}"}]}
    - {id: both, on: [create, resume], resource: widgets.test.kopf.dev, do: [{log: "both ${name}"}]}
`
	first := w.start(operator)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", "back.kopf.dev")
	first.stop()
	if n := first.count("resumed one"); n != 0 {
		t.Errorf("an object that is new was resumed %d times", n)
	}
	second := w.start(operator)
	second.says("resumed one resume")
	second.says("both one")
	w.create(widgets, `{metadata: {name: two}, spec: {}}`)
	second.says("both two")
	w.patch(widgets, "one", `{spec: {num: 1}}`)
	w.create(widgets, `{metadata: {name: three}, spec: {}}`)
	second.says("both three")
	for what, want := range map[string]int{"resumed one": 1, "both one": 1, "made one": 0, "resumed two": 0, "made two": 1} {
		if n := second.count(what); n != want {
			t.Errorf("%q: %d times after the restart, want %d", what, n, want)
		}
	}
}

func TestResumeOfDeletedObjects(t *testing.T) {
	w := newWorld(t)
	const operator = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: back}
spec:
  handlers:
    - {id: plain, on: resume, resource: widgets.test.kopf.dev, do: [{log: "plain resume of ${name}"}]}
    - {id: late, on: resume, deleted: true, resource: widgets.test.kopf.dev, do: [{log: "late resume of ${name}"}]}
    - {id: bye, on: delete, resource: widgets.test.kopf.dev, do: [{log: "bye ${name}"}]}
`
	first := w.start(operator)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.becomes(widgets, "one", "metadata.finalizers", []any{"back.kopf.dev/finalizer"})
	w.handled(widgets, "one", "back.kopf.dev")
	first.stop()
	w.delete(widgets, "one")
	second := w.start(operator)
	w.vanishes(widgets, "one")
	second.says("bye one")
	second.says("late resume of one")
	if n := second.count("plain resume of one"); n != 0 {
		t.Error("a deleted object was resumed by a handler that does not ask for it")
	}
}

func TestEventHandler(t *testing.T) {
	w := newWorld(t)
	w.create(widgets, `{metadata: {name: old}, spec: {}}`)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: ear}
spec:
  handlers:
    - id: hear
      on: event
      resource: widgets.test.kopf.dev
      do:
        - log: "heard ${event.type == null ? 'listing' : event.type} of ${name} ${event.object.spec.?num.orValue(0)}"
        - when: spec.?bad.orValue(false)
          fail: {permanent: bad one}
`)
	e.says("heard listing of old 0")
	w.create(widgets, `{metadata: {name: one}, spec: {num: 1}}`)
	e.says("heard ADDED of one 1")
	w.patch(widgets, "one", `{spec: {num: 2, bad: true}}`)
	e.says("heard MODIFIED of one 2")
	e.says("it leaves no record, so it is not tried again", "bad one")
	w.delete(widgets, "one")
	e.says("heard DELETED of one 2")
	// Such a handler leaves no trace on the object.
	if annotations := annotationsOf(w.get(widgets, "old")); len(annotations) > 0 {
		t.Errorf("annotations of an object that is only listened to: %v", annotations)
	}
}

func TestOptionalDeleteHandler(t *testing.T) {
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: loose}
spec:
  handlers:
    - {id: bye, on: delete, optional: true, resource: widgets.test.kopf.dev, do: [{log: "bye ${name}"}]}
    - {id: hi, on: create, resource: widgets.test.kopf.dev, do: [{log: "hi ${name}"}]}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {}}`)
	w.handled(widgets, "one", "loose.kopf.dev")
	w.becomes(widgets, "one", "metadata.finalizers", nil)
	w.delete(widgets, "one")
	w.vanishes(widgets, "one")
	e.says("bye one")
}

func TestHandlerOptions(t *testing.T) {
	w := newWorld(t)
	e := w.start(`
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: options}
spec:
  handlers:
    - id: second
      on: create
      resource: widgets.test.kopf.dev
      needs: first
      do: [{log: "second after ${status.?num.orValue('nothing')}"}]
    - id: first
      on: create
      resource: widgets.test.kopf.dev
      param: {greeting: hello, attempt: "${retry}"}
      vars:
        text: "${param.greeting} ${vars.who}"
        who: "${spec.who}"
        unused: "${spec.nothing.at.all}"
      do:
        - when: retry < 1
          fail: {temporary: not yet, delay: 10ms}
        - status: {num: 1}
        - log: "${vars.text}, attempt ${param.attempt}, for ${runtime < duration('1h')}"
      result: {text: "${vars.text}"}
    - id: early
      on: create
      resource: widgets.test.kopf.dev
      do:
        - return: {answer: 42}
        - log: never
    - id: needy
      on: create
      resource: widgets.test.kopf.dev
      needs: [doomed]
      do: [{log: never}]
    - id: doomed
      on: create
      resource: widgets.test.kopf.dev
      do:
        - name: last
          fail: {permanent: no way}
      onFailure:
        - status: {failure: "${error.kind}: ${error.message} in ${error.step}"}
`)
	w.create(widgets, `{metadata: {name: one}, spec: {who: world}}`)
	w.handled(widgets, "one", "options.kopf.dev")
	e.says("hello world, attempt 1, for true")
	w.becomes(widgets, "one", "status.first", map[string]any{"text": "hello world"})
	w.becomes(widgets, "one", "status.early", map[string]any{"answer": 42})
	w.becomes(widgets, "one", "status.failure", "permanent: no way in last")
	e.says("second after")
	e.says("needs", "doomed", "needy")
	if n := e.count("never"); n != 0 {
		t.Errorf("what must not run ran %d times", n)
	}
}

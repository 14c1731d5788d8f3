package lint

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// The data of Secrets is followed through indexes, memos, vars and results of
// steps. A line that ends in "# leak: WHERE" tells it; no other line does.
func TestSecretsAreFollowed(t *testing.T) {
	tests := map[string]string{
		"index": `
indexes:
  - {id: passwords, resource: secrets, key: name, value: "${data(body).password}"}
  - id: users
    resource: secrets
    key: name
    value: "${ {'name': name, 'token': body.data.token} }"
  - id: tokens
    resource: secrets
    key: name
    value: {team: "${labels.team}", token: "${string(body.data.token)}"}
  - {id: owners, resource: secrets, key: body.data.owner, value: "${name}"}
  - {id: names, resource: secrets, key: name, value: "${size(body.data)}"}
  - {id: maps, resource: configmaps, key: name, value: "${body.data.token}"}
handlers:
  - on: create
    resource: things.example.com
    vars:
      all: ${index.users[?name].orValue([])}
    do:
      - log: ${index.users[name][0].token} # leak: the log
      - log: ${index.users[name][0].name}
      - log: ${index.users[name].map(u, u.name).join(',')}
      - log: ${index.users[?name].orValue([]).filter(u, u.name == 'x').map(u, u.name)}
      - log: ${index.users[?name].orValue([]).filter(u, u.name == 'x').map(u, u.token)} # leak: the log
      - log: ${index.users} # leak: the log
      - log: ${index.users.map(k, k)}
      - log: ${index.users.transformList(k, v, v[0].token)} # leak: the log
      - log: ${index.users.transformList(k, v, k + v[0].name)}
      - log: ${vars.all} # leak: the log
      - log: ${vars.all.map(u, u.name)}
      - log: ${vars.all[0].token} # leak: the log
      - log: ${cel.bind(u, index.users[name], u[0].token)} # leak: the log
      - log: ${cel.bind(u, index.users[name], u[0].name)}
      - event: {reason: Seen, message: "${index.tokens[name][0].token}"} # leak: an event
      - event: {reason: Seen, message: "${index.tokens[name][0].team}"}
      - status: {owners: "${index.owners.map(k, k)}"} # leak: the status
      - status: {owners: "${index.owners['x']}", n: "${size(index.owners)}", has: "${name in index.owners}"}
      - log: ${index.names[name]} ${index.maps[name]}
probes:
  - {id: users, expr: index.users} # leak: the health endpoint
  - {id: number, expr: size(index.users)}`,
		"memo": `
startup:
  - id: begin
    do:
      - {name: s, get: {target: {apiVersion: v1, kind: Secret, name: x, namespace: y}}}
      - memo: {root: "${steps.s.data.token}", name: "${steps.s.metadata.name}"}
handlers:
  - on: create
    resource: pods
    do:
      - {name: s, get: {target: {resource: secrets, name: x}}}
      - memo: {whole: "${steps.s}", user: "${steps.s.data.user}", at: "${now}"}
  - on: update
    resource: v1/pods
    vars: {m: "${memo.user}"}
    do:
      - log: ${memo.user} # leak: the log
      - log: ${memo.whole.metadata.name} ${memo.at} ${memo.name}
      - log: ${memo.whole.data.user} # leak: the log
      - log: ${memo} # leak: the log
      - log: ${vars.m} # leak: the log
      - log: ${memo.root} # leak: the log
      - fail: {temporary: "not yet, ${memo.user}"} # leak: the log and an event
  - on: create
    resource: nodes
    do:
      - log: ${memo.user}
      - log: ${memo.?root.orValue('')} # leak: the log`,
		"objects": `
resources:
  s: v1/secrets
  sealed: sealedsecrets.example.com
handlers:
  - id: copy
    on: create
    resource: things.example.com
    do:
      - {name: s, get: {target: {resource: s, name: x}}}
      - create:
          object:
            apiVersion: v1
            kind: Secret
            metadata:
              name: ${steps.s.metadata.name}
              labels: {user: "${steps.s.data.user}"} # leak: the metadata of a Secret
            data: ${steps.s.data}
      - create:
          object:
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: x, annotations: {sum: "${hash.sha256(json.encode(steps.s.data))}"}}
            data:
              name: ${steps.s.metadata.name}
              password: ${steps.s.data.password} # leak: an object of kind ConfigMap
      - create:
          objects:
            - {apiVersion: v1, kind: Secret, stringData: "${steps.s.data}"}
            - {apiVersion: example.com/v1, kind: Part, spec: {env: "${steps.s.data.x}"}} # leak: an object of kind Part
            - {apiVersion: example.com/v1, kind: SealedSecret, spec: "${steps.s.data}"}
            - {apiVersion: v1, kind: "${spec.kind}", data: "${steps.s.data}"}
      - patch: {target: {resource: configmaps, name: x}, merge: {data: {p: "${steps.s.data.p}"}}} # leak: another object (configmaps)
      - patch: {target: {resource: s, name: x}, merge: {data: {p: "${steps.s.data.p}"}}}
      - patch: {target: {resource: sealed, name: x}, merge: {spec: {p: "${steps.s.data.p}"}}}
      - patch: {target: {apiVersion: v1, kind: "${spec.kind}", name: x}, merge: {spec: {p: "${steps.s.data.p}"}}}
      - patch: {target: {resource: s, name: x}, merge: {metadata: {labels: {p: "${steps.s.data.p}"}}}} # leak: the metadata of a Secret
      - patch: {merge: {metadata: {labels: {p: "${steps.s.data.p}"}}}} # leak: the object
      - patch: {merge: {status: {p: "${steps.s.data.p}"}}} # leak: the status
      - {name: made, create: {object: {apiVersion: v1, kind: Secret, stringData: {p: "${uuid()}"}}}}
      - log: made ${steps.made.metadata.name}
      - log: made ${steps.made} # leak: the log
      - name: many
        forEach: spec.names
        get: {target: {resource: secrets, name: "${item}"}}
      - log: ${steps.many.map(s, s.metadata.name)}
      - log: ${steps.many.map(s, s.data.p)} # leak: the log
      - forEach: steps.s.data
        log: ${key} is ${item} # leak: the log
      - forEach: steps.s.data
        log: ${key} is there
      - forEach: steps.many
        do:
          - log: ${item.metadata.name}
          - event: {reason: X, message: "${item.data.p}"} # leak: an event
          - forEach: spec.names
            log: ${item}
      - subhandlers:
          - forEach: steps.s.data
            id: ${key}
            do:
              - status: {x: "${item}"} # leak: the status
      - forEach: spec.names
        log: ${item}
  - id: mirror
    on: create
    resource: s
    do:
      - create: {object: {apiVersion: v1, kind: Secret, metadata: {name: "${name}-copy"}, data: "${body.data}"}}
      - patch: {merge: {stringData: {b: "${body.data.a}"}}}
      - patch: {merge: {metadata: {annotations: {b: "${body.data.a}"}}}} # leak: the metadata of a Secret
      - log: ${diff.map(d, d.path)}
      - log: ${diff.map(d, d.new)} # leak: the log`,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			text = strings.ReplaceAll(text, "data(body)", "body.data")
			text = "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: x}\nspec:" + strings.ReplaceAll(text, "\n", "\n  ") + "\n"
			_, found := Sources([]spec.Source{{Name: "x.yaml", Text: []byte(text)}}, nil)
			got := map[int]string{}
			for _, d := range found {
				if d.Severity == diag.Error {
					t.Error(d)
				}
				if d.Rule == ruleSecret {
					_, where, _ := strings.Cut(d.Detail, "and goes to ")
					got[d.Subject.Start.Line] = where
				}
			}
			for i, line := range strings.Split(text, "\n") {
				_, want, _ := strings.Cut(line, "# leak: ")
				if got[i+1] != want {
					t.Errorf("%s\n  got %q, want %q", fmt.Sprintf("line %d: %s", i+1, line), got[i+1], want)
				}
			}
		})
	}
}

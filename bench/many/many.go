// Package many makes operators that are larger than people write them, for
// benchmarks.
package many

import (
	"fmt"
	"strings"
)

// Handlers is an operator of n handlers, as large as those of the samples, no two with
// the same expressions.
func Handlers(n int) string {
	var b strings.Builder
	b.WriteString("apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: many}\nspec:\n" +
		"  resources: {things: things.example.com, config: configmaps}\n  filters: {big: spec.size > 10}\n  handlers:\n")
	for i := range n {
		fmt.Fprintf(&b, `    - id: handler_%[1]d
      on: [create, update]
      resource: things
      match: {labels: {app: web}, when: "big && spec.number == %[1]d"}
      vars: {title: "${spec.title + ' %[1]d'}"}
      retries: 5
      do:
        - name: config
          create:
            object:
              apiVersion: v1
              kind: ConfigMap
              metadata: {name: "${name}-%[1]d"}
              data: {title: "${vars.title}", size: "${string(spec.size * %[1]d)}"}
        - when: spec.items.exists(i, i.number == %[1]d)
          log: ${name} has item %[1]d
        - wait: {for: "children.config.size() > %[1]d"}
        - status: {config%[1]d: "${steps.config.metadata.name}"}
`, i)
	}
	return b.String()
}

// Definition is the CustomResourceDefinition of what the handlers are for, with all the
// fields that they use.
func Definition() string {
	return `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Thing, plural: things, singular: thing}
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}}
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              required: [size, number, title, items]
              properties:
                size: {type: integer}
                number: {type: integer}
                title: {type: string}
                items: {type: array, items: {type: object, required: [number], properties: {number: {type: integer}}}}
            status: {type: object, x-kubernetes-preserve-unknown-fields: true}
`
}

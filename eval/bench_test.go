package eval

import (
	"testing"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

func BenchmarkWhen(b *testing.B) {
	e := newEnv(b)
	for name, text := range map[string]string{
		"cheap": "has(spec.size) && spec.size > 2 && labels.app == 'web'",
		"loop":  "has(spec.items) && spec.items.exists(i, i.name == 'b')",
	} {
		b.Run(name, func(b *testing.B) {
			p := expr(b, e, text, cel.BoolType)
			binding := sample()
			b.ReportAllocs()
			for b.Loop() {
				if ok, err := p.Bool(b.Context(), binding); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

func BenchmarkWhenFails(b *testing.B) {
	p := expr(b, newEnv(b), "spec.name > 2", cel.BoolType)
	binding := sample()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Bool(b.Context(), binding); err == nil {
			b.Fatal("no error")
		}
	}
}

// A child as operators make them.
const child = `
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata:
          name: "${name}-data"
          labels: {app: "${labels.app}", managed-by: kopf, "${name}": "yes"}
          annotations: {size: "${spec.size} of ${spec.ratio}", owner: "${meta.namespace}/${name}"}
        spec:
          accessModes: [ReadWriteOnce]
          volumeMode: Filesystem
          storageClassName: "${spec.?storageClass}"
          resources: {requests: {storage: "${spec.size}Gi"}}
`

func BenchmarkTemplate(b *testing.B) {
	v, _ := parsed(b, child)
	tpl, problems := newEnv(b).Template(v, everything)
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	binding := sample()
	b.ReportAllocs()
	for b.Loop() {
		if _, ok, err := tpl.Render(b.Context(), binding); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	e := newEnv(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, problems := e.Expr(&spec.Expr{Text: "has(spec.size) && spec.size > 2 && labels.app == 'web'"}, everything, cel.BoolType); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}

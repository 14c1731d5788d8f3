package script

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/command"
)

// Performance is all that is needed to play a sample.
type Performance struct {
	Script *Script
	// Binary is kopf-declarative.
	Binary string
	// Kubeconfig and Namespace say where to play.
	Kubeconfig, Namespace string
	// Patience is how long an expectation may take to come true.
	Patience time.Duration
	Narrator *Narrator
}

// Run starts the engine with the sample's operator, plays the script and stops
// the engine.
func (p Performance) Run(ctx context.Context) (err error) {
	cfg, err := clientcmd.BuildConfigFromFlags("", p.Kubeconfig)
	if err != nil {
		return err
	}
	player, err := NewPlayer(cfg, p.Namespace, p.Narrator)
	if err != nil {
		return err
	}
	player.Patience = p.Patience
	if err := player.Prepare(ctx, p.Script); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, player.CleanUp(context.WithoutCancel(ctx))) }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	crew := &crew{performance: p, failed: cancel}
	if err := crew.start(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, crew.stop()) }()
	player.Restart = func() error {
		lines := p.Narrator.Lines()
		if err := crew.restart(); err != nil {
			return err
		}
		return player.ready(ctx, lines)
	}
	player.Command = p.command
	rival := &rival{performance: p, failed: cancel}
	player.Rival, player.KillRival = rival.start, rival.kill
	defer func() { err = errors.Join(err, rival.stop()) }()
	if err := player.perform(ctx, p.Script); err != nil {
		return causeOf(ctx, err)
	}
	return nil
}

// perform plays the script from the moment that the engine is ready.
func (p *Player) perform(ctx context.Context, s *Script) error {
	if err := p.ready(ctx, 0); err != nil {
		return err
	}
	return p.Play(ctx, s)
}

// ready waits until the engine says that it is, behind so many lines.
func (p *Player) ready(ctx context.Context, behind int) error {
	return p.eventually(ctx, func() error {
		if !p.Narrator.Logged("ready", behind) {
			return errors.New("the operator does not get ready")
		}
		return nil
	})
}

// causeOf is the reason for which the context ended, or else the error.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// command runs kopf-declarative with arguments, and waits for its end.
func (p Performance) command(ctx context.Context, args []string) error {
	cmd := exec.CommandContext(ctx, p.Binary, append(args, "--namespace", p.Namespace)...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+p.Kubeconfig)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("kopf-declarative %s: %w: %s", args[0], err, out)
	}
	return nil
}

// rival is a second engine, while there is one.
type rival struct {
	performance Performance
	failed      context.CancelCauseFunc
	crew        *crew
}

func (r *rival) start(flags []string) error {
	if r.crew != nil {
		return errors.New("there is a second operator already")
	}
	crew := &crew{performance: r.performance, failed: r.failed, flags: flags}
	if err := crew.start(); err != nil {
		return err
	}
	r.crew = crew
	return nil
}

func (r *rival) kill() error {
	if r.crew == nil {
		return errors.New("there is no second operator")
	}
	crew := r.crew
	r.crew = nil
	return crew.kill()
}

func (r *rival) stop() error {
	if r.crew == nil {
		return nil
	}
	return r.crew.stop()
}

// crew runs the engine while a script is played.
type crew struct {
	performance Performance
	// failed ends the play if the engine ends by itself.
	failed context.CancelCauseFunc
	// flags are added to those that each engine gets.
	flags []string

	process *command.Process
	// dismissed is closed before the process is ended on purpose.
	dismissed chan struct{}
	// log is where the process writes; read is closed when it has been read.
	log  *os.File
	read chan struct{}
}

func (c *crew) start() error {
	from, to, err := os.Pipe()
	if err != nil {
		return err
	}
	args := append([]string{"run", "--apply-crds", "--color", c.color(), "--namespace", c.performance.Namespace}, c.flags...)
	cmd := exec.Command(c.performance.Binary, append(args, "operator.yaml")...)
	cmd.Dir = c.performance.Script.dir
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.performance.Kubeconfig)
	cmd.Stdout, cmd.Stderr = to, to
	if c.process, err = command.Start(cmd); err != nil {
		return errors.Join(err, from.Close(), to.Close())
	}
	c.log, c.read, c.dismissed = to, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(c.read)
		defer from.Close()
		c.performance.Narrator.Follow(from)
	}()
	go c.attend(c.process, c.dismissed)
	return nil
}

func (c *crew) color() string {
	if c.performance.Narrator.Color {
		return "always"
	}
	return "never"
}

// attend ends the play if the process ends without having been asked to.
func (c *crew) attend(process *command.Process, dismissed <-chan struct{}) {
	<-process.Ended()
	select {
	case <-dismissed:
	default:
		c.failed(errors.New("the operator has ended; its log says why"))
	}
}

func (c *crew) restart() error {
	if err := c.kill(); err != nil {
		return err
	}
	return c.start()
}

func (c *crew) kill() error {
	close(c.dismissed)
	if err := c.process.Kill(); err != nil {
		return fmt.Errorf("killing the operator: %w", err)
	}
	return c.finishLog()
}

func (c *crew) stop() error {
	select {
	case <-c.process.Ended(): // by itself, which attend has told
		return c.finishLog()
	default:
	}
	close(c.dismissed)
	err := c.process.Stop(20 * time.Second)
	if err != nil {
		err = fmt.Errorf("stopping the operator: %w", err)
	}
	return errors.Join(err, c.finishLog())
}

// finishLog waits until the reader has been told the last lines.
func (c *crew) finishLog() error {
	err := c.log.Close()
	<-c.read
	return err
}

package main

import (
	_ "time/tzdata" // cron jobs name time zones

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

// components are what this binary runs if its first argument names one. They
// get all arguments, their name first, and return an exit code.
var components = map[string]func(args []string) int{
	"etcd": func(args []string) int {
		etcdmain.Main(args)
		return exitOK
	},
	"kube-apiserver": func(args []string) int {
		return execute(apiserver.NewAPIServerCommand(), args)
	},
	"kube-controller-manager": func(args []string) int {
		return execute(controllers.NewControllerManagerCommand(), args)
	},
}

func execute(command *cobra.Command, args []string) int {
	command.SetArgs(args[1:])
	return cli.Run(command)
}

// What e2e/kube lacks of a whole Kubernetes, in one binary: its first argument says which program it is.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func command(name string) *cobra.Command {
	switch name {
	case "kube-controller-manager":
		return manager.NewControllerManagerCommand()
	case "kube-scheduler":
		return scheduler.NewSchedulerCommand()
	case "kubelet":
		return kubelet.NewKubeletCommand(context.Background())
	case "kube-proxy":
		return proxy.NewProxyCommand()
	}
	return nil
}

func main() {
	if len(os.Args) < 2 {
		fail("which program?")
	}
	os.Args = os.Args[1:]
	program := command(os.Args[0])
	if program == nil {
		fail(fmt.Sprintf("no program %q", os.Args[0]))
	}
	os.Exit(cli.Run(program))
}

func fail(reason string) {
	const known = "kube-controller-manager, kube-scheduler, kubelet, kube-proxy"
	fmt.Fprintf(os.Stderr, "node: %s; there are: %s\n", reason, known)
	os.Exit(2)
}

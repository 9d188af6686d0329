package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// readyStatus is what a kubelet would report of a pod that has just become ready.
func readyStatus() []byte {
	now := meta.Now()
	conditions := []core.PodCondition{}
	for _, kind := range []core.PodConditionType{core.PodInitialized, core.ContainersReady, core.PodReady} {
		conditions = append(conditions, core.PodCondition{Type: kind, Status: core.ConditionTrue, LastTransitionTime: now})
	}
	status := core.PodStatus{Phase: core.PodRunning, StartTime: &now, PodIP: "10.0.0.1", Conditions: conditions}
	patch, err := json.Marshal(map[string]core.PodStatus{"status": status})
	if err != nil {
		log.Fatal(err)
	}
	return patch
}

// fakePods marks every pending pod running and ready, -delay after its creation.
func fakePods(args []string) {
	flags := flag.NewFlagSet("podfaker", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the API server")
	delay := flags.Duration("delay", 0, "from creation to ready")
	flags.Parse(args)
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	config.QPS, config.Burst = 2000, 2000
	client := kubernetes.NewForConfigOrDie(config)
	pending := make(chan *core.Pod, 100000)
	for worker := 0; worker < 8; worker++ {
		go func() {
			for pod := range pending {
				time.Sleep(time.Until(pod.CreationTimestamp.Add(*delay)))
				client.CoreV1().Pods(pod.Namespace).Patch(context.Background(), pod.Name, types.StrategicMergePatchType,
					readyStatus(), meta.PatchOptions{}, "status")
			}
		}()
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: func(object any) {
		if pod := object.(*core.Pod); pod.Status.Phase == core.PodPending && pod.DeletionTimestamp == nil {
			pending <- pod
		}
	}})
	factory.Start(make(chan struct{}))
	select {}
}

// Makes protobuf-vectors.json: request bodies as typed Go clients encode them, beside the JSON that the
// same objects have. See ../README.md for how it is run.
package main

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/intstr"
)

type vector struct {
	Name     string          `json:"name"`
	Protobuf string          `json:"protobuf"`
	JSON     json.RawMessage `json:"json"`
}

func ptr[T any](v T) *T { return &v }

func main() {
	at := metav1.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	micro := metav1.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC))
	meta := metav1.ObjectMeta{
		Name: "a", Namespace: "default", Labels: map[string]string{"app": "shop"}, CreationTimestamp: at,
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "o", UID: "u", Controller: ptr(false)}},
		Finalizers:      []string{"x/y"},
		ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "m", Operation: "Apply", APIVersion: "v1", Time: &at,
			FieldsType: "FieldsV1", FieldsV1: &metav1.FieldsV1{Raw: []byte(`{"f:data":{}}`)}}},
	}
	small := metav1.ObjectMeta{Name: "a"}
	container := corev1.Container{
		Name: "main", Image: "shop:v1", Command: []string{"run"},
		Ports: []corev1.ContainerPort{{ContainerPort: 80}},
		Env: []corev1.EnvVar{{Name: "A", Value: "1"}, {Name: "B", ValueFrom: &corev1.EnvVarSource{
			SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "s"}, Key: "k", Optional: ptr(false)}}}},
		Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{"cpu": resource.MustParse("1500m")}},
		ReadinessProbe: &corev1.Probe{PeriodSeconds: 3, ProbeHandler: corev1.ProbeHandler{
			HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromString("web")}}},
		LivenessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(80)}}},
	}
	podSpec := corev1.PodSpec{
		Containers: []corev1.Container{container}, AutomountServiceAccountToken: ptr(false), TerminationGracePeriodSeconds: ptr(int64(0)),
		Volumes: []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
			{Name: "c", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "cm"}}}}},
		NodeSelector: map[string]string{"ldc.cafefed.dev/cell": "RZ00A"},
	}
	objects := []struct {
		gv   schema.GroupVersion
		kind string
		obj  runtime.Object
	}{
		{corev1.SchemeGroupVersion, "Namespace", &corev1.Namespace{ObjectMeta: small}},
		{corev1.SchemeGroupVersion, "ConfigMap", &corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"a": "", "b": "c"}, BinaryData: map[string][]byte{"d": {0, 255}}, Immutable: ptr(false)}},
		{corev1.SchemeGroupVersion, "Secret", &corev1.Secret{ObjectMeta: small, Type: "Opaque", Data: map[string][]byte{"p": []byte("secret")}, StringData: map[string]string{"s": "t"}}},
		{corev1.SchemeGroupVersion, "ServiceAccount", &corev1.ServiceAccount{ObjectMeta: small, AutomountServiceAccountToken: ptr(false), ImagePullSecrets: []corev1.LocalObjectReference{{Name: "r"}}}},
		{corev1.SchemeGroupVersion, "Event", &corev1.Event{ObjectMeta: small, InvolvedObject: corev1.ObjectReference{Kind: "Pod", Name: "a"}, Reason: "R", Message: "m", FirstTimestamp: at, LastTimestamp: at, Count: 2, Type: "Normal", Source: corev1.EventSource{Component: "c"}}},
		{corev1.SchemeGroupVersion, "Event", &corev1.Event{ObjectMeta: small, EventTime: micro, ReportingController: "c", ReportingInstance: "i", Action: "A"}},
		{eventsv1.SchemeGroupVersion, "Event", &eventsv1.Event{ObjectMeta: small, EventTime: micro, Regarding: corev1.ObjectReference{Kind: "Pod"}, Note: "n", Series: &eventsv1.EventSeries{Count: 3, LastObservedTime: micro}}},
		{coordinationv1.SchemeGroupVersion, "Lease", &coordinationv1.Lease{ObjectMeta: small, Spec: coordinationv1.LeaseSpec{HolderIdentity: ptr("h"), LeaseDurationSeconds: ptr(int32(15)), RenewTime: &micro, LeaseTransitions: ptr(int32(0))}}},
		{corev1.SchemeGroupVersion, "DeleteOptions", &metav1.DeleteOptions{GracePeriodSeconds: ptr(int64(0)), PropagationPolicy: ptr(metav1.DeletePropagationBackground), Preconditions: &metav1.Preconditions{UID: ptr(meta.UID)}, DryRun: []string{"All"}}},
		{authorizationv1.SchemeGroupVersion, "SelfSubjectAccessReview", &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: "default", Verb: "get", Resource: "pods"}}}},
		{authorizationv1.SchemeGroupVersion, "SubjectAccessReview", &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{User: "anna", Groups: []string{"dev"}, Extra: map[string]authorizationv1.ExtraValue{"k": {"v", "w"}}, NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: "/", Verb: "get"}}}},
		{authenticationv1.SchemeGroupVersion, "TokenReview", &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: "t", Audiences: []string{"a"}}}},
		{authenticationv1.SchemeGroupVersion, "SelfSubjectReview", &authenticationv1.SelfSubjectReview{}},
		{rbacv1.SchemeGroupVersion, "ClusterRole", &rbacv1.ClusterRole{ObjectMeta: small, Rules: []rbacv1.PolicyRule{{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"pods"}}}, AggregationRule: &rbacv1.AggregationRule{ClusterRoleSelectors: []metav1.LabelSelector{{MatchLabels: map[string]string{"a": "b"}}}}}},
		{rbacv1.SchemeGroupVersion, "RoleBinding", &rbacv1.RoleBinding{ObjectMeta: small, Subjects: []rbacv1.Subject{{Kind: "User", APIGroup: "rbac.authorization.k8s.io", Name: "anna"}}, RoleRef: rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: "r"}}},
		{certificatesv1.SchemeGroupVersion, "CertificateSigningRequest", &certificatesv1.CertificateSigningRequest{ObjectMeta: small, Spec: certificatesv1.CertificateSigningRequestSpec{Request: []byte("pem"), SignerName: "a.b/c", ExpirationSeconds: ptr(int32(3600)), Usages: []certificatesv1.KeyUsage{"client auth"}}}},
		{corev1.SchemeGroupVersion, "Pod", &corev1.Pod{ObjectMeta: meta, Spec: podSpec, Status: corev1.PodStatus{Phase: "Running", ContainerStatuses: []corev1.ContainerStatus{{Name: "main", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: at}}}}}}},
		{corev1.SchemeGroupVersion, "Service", &corev1.Service{ObjectMeta: small, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8080)}}, ClusterIP: "None"}}},
		{corev1.SchemeGroupVersion, "Node", &corev1.Node{ObjectMeta: small, Spec: corev1.NodeSpec{Unschedulable: true}, Status: corev1.NodeStatus{Capacity: corev1.ResourceList{"memory": resource.MustParse("8Gi")}}}},
		{appsv1.SchemeGroupVersion, "ReplicaSet", &appsv1.ReplicaSet{ObjectMeta: small, Spec: appsv1.ReplicaSetSpec{Replicas: ptr(int32(0)), Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "shop"}}, Template: corev1.PodTemplateSpec{Spec: podSpec}}}},
		{policyv1.SchemeGroupVersion, "PodDisruptionBudget", &policyv1.PodDisruptionBudget{ObjectMeta: small, Spec: policyv1.PodDisruptionBudgetSpec{MinAvailable: ptr(intstr.FromString("50%"))}}},
		{policyv1.SchemeGroupVersion, "Eviction", &policyv1.Eviction{ObjectMeta: small, DeleteOptions: &metav1.DeleteOptions{}}},
	}
	serializer := protobuf.NewSerializer(nil, nil)
	var vectors []vector
	for _, o := range objects {
		o.obj.GetObjectKind().SetGroupVersionKind(o.gv.WithKind(o.kind))
		body, err := runtime.Encode(serializer, o.obj)
		if err != nil {
			panic(err)
		}
		text, err := json.Marshal(o.obj)
		if err != nil {
			panic(err)
		}
		vectors = append(vectors, vector{o.kind + " of " + o.gv.String(), hex.EncodeToString(body), text})
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	if err := out.Encode(vectors); err != nil {
		panic(err)
	}
}

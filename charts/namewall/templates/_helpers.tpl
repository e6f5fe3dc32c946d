{{- define "namewall.labels" -}}
app.kubernetes.io/name: namewall
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* Labels that select pods: they must never change. Takes (list . "operator"). */}}
{{- define "namewall.selector" -}}
app.kubernetes.io/name: namewall
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "namewall.tag" -}}
{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Names are fixed: operator and agents find each other, the CA and the Lease by them. */}}
{{- define "namewall.operator" -}}namewall-operator{{- end }}
{{- define "namewall.agent" -}}namewall-agent{{- end }}
{{- define "namewall.caSecret" -}}{{ .Values.certificates.existingSecret | default "namewall-ca" }}{{- end }}

{{/* MiB of the kernel's maps: octets an entry, as the datapath declares them, times how many there are. */}}
{{- define "namewall.mapsMi" -}}
{{- $octets := 0 -}}
{{- range (.Files.Get "files/map-sizes.yaml" | fromYaml).maps -}}
{{- $entries := index $.Values.agent.sizes .size | default .entries -}}
{{- $octets = add $octets (mul $entries .times .octets) -}}
{{- end -}}
{{ div (add $octets 1048575) 1048576 }}
{{- end }}

{{- define "namewall.otel" -}}
{{- if .Values.telemetry.otlpEndpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ .Values.telemetry.otlpEndpoint | quote }}}
- {name: OTEL_TRACES_SAMPLER, value: parentbased_traceidratio}
- {name: OTEL_TRACES_SAMPLER_ARG, value: {{ .Values.telemetry.sampleRatio | quote }}}
{{- end }}
{{- end }}

{{- define "namewall.unprivileged" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* What an agent may on its node, and what takes away what it left. */}}
{{- define "namewall.agentSecurity" -}}
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
seccompProfile: {type: RuntimeDefault}
# The default profile of container runtimes denies all writing to /sys/fs/bpf, which is where everything is pinned.
appArmorProfile: {type: Unconfined}
capabilities:
  drop: [ALL]
  # Programs and maps; hooks on interfaces; reading the kernel's memory from programs; entering a pod's network
  # namespace, which a small process beside the agent keeps to itself.
  add: [BPF, NET_ADMIN, PERFMON, SYS_ADMIN]
{{- end }}

{{- define "namewall.agentMounts" -}}
- {name: bpf, mountPath: /sys/fs/bpf, mountPropagation: HostToContainer}
- {name: netns, mountPath: /run/netns, mountPropagation: HostToContainer, readOnly: true}
- {name: cgroup, mountPath: /sys/fs/cgroup, readOnly: true}
- {name: state, mountPath: {{ .Values.agent.stateDir }}}
{{- if .Values.agent.cni.enabled }}
{{ include "namewall.cniMounts" . }}
{{- end }}
{{- end }}

{{- define "namewall.cniMounts" -}}
- {name: cni-bin, mountPath: /host/cni/bin}
- {name: cni-conf, mountPath: /host/cni/net.d}
{{- end }}

{{- define "namewall.agentVolumes" -}}
- {name: bpf, hostPath: {path: /sys/fs/bpf, type: DirectoryOrCreate}}
- {name: netns, hostPath: {path: /run/netns, type: DirectoryOrCreate}}
- {name: cgroup, hostPath: {path: /sys/fs/cgroup, type: Directory}}
- {name: state, hostPath: {path: {{ .Values.agent.stateDir }}, type: DirectoryOrCreate}}
{{- if .Values.agent.cni.enabled }}
{{ include "namewall.cniVolumes" . }}
{{- end }}
{{- end }}

{{- define "namewall.cniVolumes" -}}
- {name: cni-bin, hostPath: {path: {{ .Values.agent.cni.binDir }}, type: DirectoryOrCreate}}
- {name: cni-conf, hostPath: {path: {{ .Values.agent.cni.confDir }}, type: DirectoryOrCreate}}
{{- end }}

{{/* Takes the weight: accounts before what runs by them, the wait last. */}}
{{- define "namewall.cleanUpHook" -}}
helm.sh/hook: post-delete
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

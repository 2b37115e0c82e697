{{/* A release may be called anything; names stay below Kubernetes' 63 characters with the longest executable's. */}}
{{- define "vedette.fullname" -}}
{{- if contains "vedette" .Release.Name }}{{ .Release.Name | trunc 38 | trimSuffix "-" }}{{ else }}{{ printf "%s-vedette" .Release.Name | trunc 38 | trimSuffix "-" }}{{ end -}}
{{- end -}}

{{- define "vedette.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/name: vedette
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "vedette.selector" -}}
app.kubernetes.io/name: vedette
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "vedette.image" -}}
{{ .root.Values.image.registry }}/{{ .executable }}:{{ default .root.Chart.AppVersion .root.Values.image.tag }}
{{- end -}}

{{- define "vedette.tokenSecret" -}}
{{ default (printf "%s-token" (include "vedette.fullname" .)) .Values.auth.secretName }}
{{- end -}}

{{/* Settings as environment variables: `journal.commitInterval` becomes VEDETTE_JOURNAL_COMMIT_INTERVAL. */}}
{{- define "vedette.environment" -}}
{{- range $key, $value := . }}
- name: VEDETTE_{{ $key | snakecase | upper | replace "." "_" }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end -}}

{{/* No root, nothing gained, nothing written outside the volumes. */}}
{{- define "vedette.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end -}}

{{- define "vedette.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/*
Probes of a listener: dict port, settings (all that it is given). They speak TLS where the listener does. One that asks clients for certificates
cannot be asked by a kubelet, which has none to show: its port is looked at instead.
*/}}
{{- define "vedette.probes" -}}
{{- $look := printf "tcpSocket: { port: %v }" .port -}}
{{- $ready := $look -}}
{{- $live := $look -}}
{{- if not (hasKey .settings "http.tls.client.ca.file") -}}
{{- $scheme := ternary "HTTPS" "HTTP" (hasKey .settings "http.tls.certificate.file") -}}
{{- $ready = printf "httpGet: { path: /readyz, port: %v, scheme: %s }" .port $scheme -}}
{{- $live = printf "httpGet: { path: /livez, port: %v, scheme: %s }" .port $scheme -}}
{{- end -}}
startupProbe:
  {{ $ready }}
  periodSeconds: 1
  # The first start of a new version may rework what an old one kept, which a kill would only begin anew.
  failureThreshold: 900
readinessProbe:
  {{ $ready }}
  periodSeconds: 5
livenessProbe:
  {{ $live }}
  periodSeconds: 10
  failureThreshold: 6
{{- end -}}

{{/* What the listener of a service speaks: dict root, settings (its own). */}}
{{- define "vedette.scheme" -}}
{{- if or .root.Values.tls.secretName (hasKey .settings "http.tls.certificate.file") }}https{{ else }}http{{ end -}}
{{- end -}}

{{/* Where a service is found: dict root, name. */}}
{{- define "vedette.address" -}}
{{- $service := index .root.Values.services .name -}}
{{- $scheme := include "vedette.scheme" (dict "root" .root "settings" $service.settings) -}}
{{- printf "%s://%s-%s:%v" $scheme (include "vedette.fullname" .root) .name $service.port -}}
{{- end -}}

{{/* Where the tap sends what it sees: every enabled consumer of payload events. */}}
{{- define "vedette.payloadSinks" -}}
{{- $root := . -}}
{{- $sinks := list -}}
{{- range $name := list "request-logger" "drift-detector" "outlier-detector" "adversarial-detector" -}}
{{- $service := index $root.Values.services $name -}}
{{- if $service.enabled -}}
{{- $sinks = append $sinks (printf "%s/" (include "vedette.address" (dict "root" $root "name" $name))) -}}
{{- end -}}
{{- end -}}
{{- join "," $sinks -}}
{{- end -}}

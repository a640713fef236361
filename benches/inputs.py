"""What `compare` builds: kustomizations of every shape, written into a folder. Nothing is random."""

import pathlib
import re

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{n}
  labels:
    app: app-{n}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: app-{n}
  template:
    metadata:
      labels:
        app: app-{n}
    spec:
      containers:
      - name: main
        image: registry.example.com/team/app-{n}:v1.{minor}.0
        ports:
        - name: http
          containerPort: 8080
        env:
        - name: LOG_LEVEL
          value: info
        - name: PORT
          value: "8080"
        - name: DATABASE_URL
          valueFrom:
            secretKeyRef:
              name: database
              key: url
{more}        resources:
          requests:
            cpu: 100m
            memory: 128Mi
          limits:
            memory: 256Mi
        readinessProbe:
          httpGet:
            path: /healthz
            port: http
          periodSeconds: 10
"""

SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: app-{n}
  labels:
    app: app-{n}
spec:
  selector:
    app: app-{n}
  ports:
  - name: http
    port: 80
    targetPort: http
"""

FLOW = (
    "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: app-{n}, labels: {{app: app-{n}}}}}, spec: {{replicas: 2, "
    "selector: {{matchLabels: {{app: app-{n}}}}}, template: {{metadata: {{labels: {{app: app-{n}}}}}, spec: {{containers: "
    '[{{name: main, image: "registry.example.com/team/app-{n}:v1", ports: [{{name: http, containerPort: 8080}}], env: '
    "[{{name: LOG_LEVEL, value: info}}, {{name: PORT, value: '8080'}}], resources: {{limits: {{memory: 256Mi}}}}}}]}}}}}}}}\n"
)

ANCHORS = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: &name app-{n}
  labels: &labels
    app: *name
spec:
  selector:
    matchLabels: *labels
  template:
    metadata:
      labels: *labels
    spec:
      containers:
      - &main
        name: main
        image: registry.example.com/team/app-{n}:v1
        env: &env
        - {{name: LOG_LEVEL, value: info}}
        resources: &resources
          limits:
            memory: 256Mi
      initContainers:
      - <<: *main
        name: prepare
      - name: other
        image: busybox:1.37
        env: *env
        resources: *resources
"""

PATCH = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: 3
"""

OVERLAY = """apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- ../base
namePrefix: prod-
labels:
- pairs:
    team: platform
  includeSelectors: true
patches:
- target:
    kind: Deployment
  patch: |-
"""


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def base_and_overlay(folder, documents, more="", overlay=OVERLAY):
    write(folder / "base/resources.yaml", "---\n".join(documents))
    write(folder / "base/kustomization.yaml", "resources:\n- resources.yaml\n" + more)
    indented = "".join(f"    {line}\n" for line in PATCH.format(name="any").splitlines())
    write(folder / "overlay/kustomization.yaml", overlay + (indented if overlay is OVERLAY else ""))
    return [folder / "overlay"]


def deployment(n, more=""):
    return DEPLOYMENT.format(n=n, minor=n % 20, more=more)


def trivial(folder):
    documents = [deployment(0), SERVICE.format(n=0)]
    return base_and_overlay(folder, documents, overlay="resources:\n- ../base\nnamePrefix: prod-\n")


def pairs(count):
    """`count` Deployments and as many Services, with prefix, labels and a patch."""

    def make(folder):
        return base_and_overlay(folder, [text for n in range(count) for text in (deployment(n), SERVICE.format(n=n))])

    return make


def with_config_maps(count):
    """The same, and each Deployment refers to a generated ConfigMap of its own."""

    def make(folder):
        env_from = "        envFrom:\n        - configMapRef:\n            name: settings-{n}\n"
        documents = [
            text for n in range(count) for text in (deployment(n, env_from.format(n=n)), SERVICE.format(n=n))
        ]
        generated = "".join(f"- name: settings-{n}\n  literals:\n  - LEVEL=info\n  - NUMBER={n}\n" for n in range(count))
        return base_and_overlay(folder, documents, more="configMapGenerator:\n" + generated)

    return make


def documents(count, template):
    """`count` Deployments in another style."""
    return lambda folder: base_and_overlay(folder, [template.format(n=n) for n in range(count)])


def block_scalars(count):
    """ConfigMaps that hold files."""

    def config_map(n):
        files = "".join(
            f"  server-{file}.conf: |\n"
            + "".join(
                f"    location /api/v{line}/{n} {{ proxy_pass http://backend-{file}:8080; }}\n" for line in range(24)
            )
            for file in range(3)
        )
        return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: files-{n}\ndata:\n{files}"

    prefix = "resources:\n- ../base\nnamePrefix: prod-\n"
    return lambda folder: base_and_overlay(folder, [config_map(n) for n in range(count)], overlay=prefix)


def definitions(size):
    """CustomResourceDefinitions of some 160 KB each, as controller-gen writes them."""

    def properties(out, field, indent, depth):
        pad = " " * indent
        out.append(
            f"{pad}field{field}:\n{pad}  description: |-\n{pad}    Field {field} says how the thing is to be made; see "
            f"the documentation of the\n{pad}    project for what it means together with others.\n"
            f"{pad}    More info: https://example.com/docs/reference#field-{field}\n"
        )
        if depth == 0:
            out.append(f"{pad}  type: integer\n{pad}  format: int32\n{pad}  minimum: 0\n")
            return
        out.append(
            f"{pad}  type: object\n{pad}  required:\n{pad}  - name\n{pad}  properties:\n"
            f"{pad}    name:\n{pad}      type: string\n{pad}      maxLength: 253\n"
        )
        properties(out, field + 1, indent + 4, depth - 1)

    def definition(n):
        head = (
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n"
            f"  name: things{n}.example.com\nspec:\n  group: example.com\n  names:\n    kind: Thing{n}\n"
            f"    plural: things{n}\n  scope: Namespaced\n  versions:\n  - name: v1\n    served: true\n    storage: true\n"
            "    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          spec:\n"
            "            type: object\n            properties:\n"
        )
        out = [head]
        for field in range(60):
            properties(out, field, 14, 4)
        return "".join(out)

    def make(folder):
        texts = []
        while sum(map(len, texts)) < size:
            texts.append(definition(len(texts)))
        return base_and_overlay(folder, texts, overlay="resources:\n- ../base\nlabels:\n- pairs:\n    team: platform\n")

    return make


def many(count):
    """`count` small overlays of one base."""

    def make(folder):
        write(folder / "base/resources.yaml", deployment(0) + "---\n" + SERVICE.format(n=0))
        write(folder / "base/kustomization.yaml", "resources:\n- resources.yaml\n")
        overlays = []
        for n in range(count):
            own = folder / f"overlays/o{n:04}"
            write(
                own / "kustomization.yaml",
                f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- ../../base\n"
                f"namespace: team-{n}\nnamePrefix: o{n}-\nimages:\n- name: registry.example.com/team/app-0\n"
                f"  newTag: v{n}\npatches:\n- path: patch.yaml\n",
            )
            write(own / "patch.yaml", PATCH.format(name="app-0"))
            overlays.append(own)
        return overlays

    return make


def as_kustomization(printed):
    """A base and an overlay that together say what `printed` says: namespace, image tags and the
    CPU that the first Deployment requests come from the overlay."""

    def make(folder):
        namespaces = set(re.findall(r"^  namespace: (\S+)$", printed, re.MULTILINE))
        if len(namespaces) != 1:
            raise SystemExit(f"the overlay has to use one namespace, not {sorted(namespaces)}")
        images = sorted(set(re.findall(r"^ *(?:- )?image: (\S+):([^\s:/@]+)$", printed, re.MULTILINE)))
        base = re.sub(r"^  namespace: \S+\n", "", printed, flags=re.MULTILINE)
        base = re.sub(r"^( *(?:- )?image: \S+):[^\s:/@]+$", r"\1", base, flags=re.MULTILINE)
        overlay = ["resources: [../base]", f"namespace: {namespaces.pop()}", "images:"]
        overlay += [f"- {{name: {name}, newTag: {tag}}}" for name, tag in images]
        base, patch = cpu_patch(base)
        if patch:
            overlay += ["patches:", "- path: cpu.yaml"]
            write(folder / "overlay/cpu.yaml", patch)
        write(folder / "base/resources.yaml", base)
        write(folder / "base/kustomization.yaml", "resources: [resources.yaml]\n")
        write(folder / "overlay/kustomization.yaml", "\n".join(overlay) + "\n")
        return [folder / "overlay"]

    return make


def cpu_patch(base):
    """Halves the CPU that the first Deployment requests; the patch puts it back."""
    texts = base.split("---\n")
    for index, document in enumerate(texts):
        cpu = re.search(r"^          requests:\n            cpu: (\d+)m$", document, re.MULTILINE)
        if "\nkind: Deployment\n" not in document or not cpu:
            continue
        container = re.search(r"^        name: (\S+)$", document, re.MULTILINE)[1]
        name = re.search(r"^  name: (\S+)$", document, re.MULTILINE)[1]
        texts[index] = document.replace(cpu[0], cpu[0].replace(f"{cpu[1]}m", f"{int(cpu[1]) // 2}m"), 1)
        patch = (
            f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{template: {{spec: "
            f"{{containers: [{{name: {container}, resources: {{requests: {{cpu: {cpu[1]}m}}}}}}]}}}}}}\n"
        )
        return "---\n".join(texts), patch
    return base, None

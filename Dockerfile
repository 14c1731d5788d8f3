# The engine alone, without a shell. Operators are mounted or copied to /operators:
#
#   FROM kopf-declarative
#   COPY operator.yaml /operators/
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /kopf-declarative ./cmd/kopf-declarative

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /kopf-declarative /kopf-declarative
USER 65532:65532
ENTRYPOINT ["/kopf-declarative"]
CMD ["run", "--log-format", "json", "/operators"]

#!/bin/sh
# Makes up the secrets of compose.yaml, each a file of its own in .secrets. What is there stays: PostgreSQL and RabbitMQ
# keep the password of their first start.
set -eu
cd "$(dirname "$0")/../.."
umask 077
mkdir -p .secrets

# A file that is there is left alone. The containers' users read it, and only its owner gets into the folder.
keep() {
  [ -e ".secrets/$1" ] || { cat >".secrets/$1.new" && chmod 444 ".secrets/$1.new" && mv ".secrets/$1.new" ".secrets/$1"; }
}
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

random | keep secret-key
random | keep postgres-password
random | keep rabbitmq-password
echo "postgres://shop:$(cat .secrets/postgres-password)@postgres:5432/shop" | keep database-url
echo "amqp://shop:$(cat .secrets/rabbitmq-password)@rabbitmq:5672" | keep rabbitmq-url
printf 'default_user = shop\ndefault_pass = %s\n' "$(cat .secrets/rabbitmq-password)" | keep rabbitmq.conf

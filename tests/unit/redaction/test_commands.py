"""What of a command may be shown."""

from __future__ import annotations

import shlex

from gonogo.deploy.redaction.commands import command_secrets, hidden_words
from gonogo.deploy.redaction.secret_values import command_values
from tests.unit.tables import every


@every(
    "command, secret",
    [
        ("redis-server --requirepass hunter2", "hunter2"),
        ("redis-cli -a geheim ping", "geheim"),
        ("ldapsearch -x -w geheim", "geheim"),
        ("mysqladmin -uroot -pgeheim ping", "geheim"),
        ("docker-entrypoint.sh mysqladmin ping -psunshineRain", "sunshineRain"),
        ("sshpass -psunshine ssh web", "sunshine"),
        ("curl -uelastic:sunshine http://localhost/", "sunshine"),
        ("curl --user=elastic:sunshine http://localhost/", "sunshine"),
        ("curl -HX-Api-Key:sunshine http://localhost/", "sunshine"),
        ("redis-server --requirepass -sunshine", "-sunshine"),
        ("""mongosh --eval "db.auth('root','sunshineRain')" """, "sunshineRain"),
        ("""sh -c "mongosh --eval \\"db.auth('root', 'sunshineRain')\\" " """, "sunshineRain"),
        ("curl -u ada:geheim http://localhost/", "geheim"),
        ("curl -H 'X-Api-Key: abc' http://localhost/", "abc"),
        ("curl -H 'Authorization: Bearer abc' http://localhost/", "abc"),
        ("wget --header='X-Token: abc' http://localhost/", "abc"),
        ("curl -fsS http://localhost:8080/x?token=abc", "abc"),
        ("psql postgres://u:pw@db/x -c 'select 1'", "pw"),
        ("app --bind-pw=abc --port 8080", "abc"),
        ("env STRIPE_SK=abc ./run", "abc"),
        ("sh -c 'exec redis-server --requirepass hunter2'", "hunter2"),
        ("""sh -c 'curl -H "X-Token: hunter2" http://x/ || exit 1'""", "hunter2"),
        ("python3 run.py sk9fK2mQ7vX1", "sk9fK2mQ7vX1"),
        ("server uS1hYmNkZWZnaGlqa2xtbm9wcXJzdA==", "uS1hYmNkZWZnaGlqa2xtbm9wcXJzdA=="),
        ("""sh -c "mysqladmin ping --password='hunter2'" """, "hunter2"),
        ("""sh -c 'mysqladmin ping --password="hunter2" || exit 1'""", "hunter2"),
        ("""sh -c "PGPASSWORD='hunter2' psql -c 'select 1'" """, "hunter2"),
        ("""sh -c "export API_TOKEN='one two' && exec ./run" """, "one two"),
        ("""sh -c "curl --user='elastic:sunshine' http://localhost/" """, "sunshine"),
        ("redis-cli --no-auth-warning --pass=sunshine ping", "sunshine"),
        ("turnserver --use-auth-secret --static-auth-secret=sunshine", "sunshine"),
        ("oauth2-proxy --skip-auth-preflight --cookie-secret=sunshine", "sunshine"),
        ("mongod --auth --tlsCertificateKeyFilePassword=sunshine", "sunshine"),
        ("mariadb-admin ping -uroot -psunshine", "sunshine"),
        ("mongodump -u root -psunshine", "sunshine"),
        ("docker login -u ada -p sunshine", "sunshine"),
        ("curl -fsSu elastic:sunshine http://localhost/", "sunshine"),
        ("""sh -c 'curl -u elastic:"sunshine" http://localhost/' """, "sunshine"),
        ("""sh -c "mysqldump -uroot -p'sun shine'" """, "sun shine"),
        ("arangosh --server.password sunshine", "sunshine"),
        ("JAVA_OPTS=-Djavax.net.ssl.keyStorePassword=sunshine app", "sunshine"),
        ("kafka-configs --add-config SCRAM-SHA-256=[password=sunshine]", "sunshine"),
        ("vault operator unseal sunshine", "sunshine"),
        ("mc admin user add local app sunshine", "sunshine"),
        ("mosquitto_pub -P sunshine -t x", "sunshine"),
        ("openssl passwd -6 sunshine", "sunshine"),
        ("redis-server --sentinel auth-pass mymaster sunshine", "sunshine"),
        ("lftp -u app,sunshine", "sunshine"),
        ("ldapwhoami -wsunshine", "sunshine"),
        ("npm config set //registry.example.org/:_authToken=sunshine", "sunshine"),
        ("DATA_SOURCE_NAME=ada:sunshine@(mysql:3306)/ exporter", "sunshine"),
        ("app --basicauth=admin:sunshine", "admin:sunshine"),
        ("redis-server --masterauth sunshine", "sunshine"),
        ("redis-cli AUTH sunshine", "sunshine"),
        ("redis-cli -h cache AUTH ada sunshine", "sunshine"),
        ("redis-cli CONFIG SET requirepass sunshine", "sunshine"),
        ("""curl -d '{"user":"ada","password":"sunshine"}' http://x/""", "sunshine"),
        ("curl -d 'user=ada&password=sunshine' http://x/", "sunshine"),
        ("curl --data-urlencode password=sunshine http://x/", "sunshine"),
        ("wget '--post-data=user=a&password=sunshine' http://x/", "sunshine"),
        ("curl 'localhost/x?token=sunshine&page=2'", "sunshine"),
        ("curl ada:sunshine@host/x", "sunshine"),
        ("mount -t cifs //nas/x /mnt -o username=ada,password=sunshine", "sunshine"),
        ("sh -c 'cat > /x <<EOF\nuser: ada\npassword: sunshine\nEOF'", "sunshine"),
        ("sqlplus scott/sunshine@db", "sunshine"),
        ("htpasswd -bc /x ada sunshine", "sunshine"),
        ("htpasswd -nbB ada sunshine", "sunshine"),
        ("sh -c 'htpasswd -bc /x ada sunshine && nginx'", "sunshine"),
        ("sh -c 'echo root:sunshine | chpasswd'", "sunshine"),
        ("""psql -c "ALTER USER ada WITH PASSWORD 'sunshine'" """, "sunshine"),
        ("""mysql -e "CREATE USER x IDENTIFIED BY 'sunshine'" """, "sunshine"),
        ("""sh -c "mysql -e \\"SET PASSWORD = 'sunshine'\\" " """, "sunshine"),
        ("""mongosh --eval 'db.createUser({user: "ada", pwd: "sunshine", roles: []})' """, "sunshine"),
        ("rabbitmqctl add_user ada sunshine", "sunshine"),
        ("smbclient //x/y -U ada%sunshine", "sunshine"),
        ("openssl rsa -passin pass:sunshine", "sunshine"),
        ("mc alias set x http://minio ada sunshine", "sunshine"),
    ],
)
def test_what_a_command_is_given_as_a_secret_is_hidden(command: str, secret: str) -> None:
    words = shlex.split(command)
    assert [found for found, _ in command_secrets(words)] == [secret]
    assert hidden_words(words, lambda _: "***") == [word.replace(secret, "***") for word in words]


@every(
    "command",
    [
        "python -m http.server 8000",
        "sh -c 'exec gunicorn --bind 0.0.0.0:8000 --workers=4 app:app'",
        "mongosh --quiet --eval 'db.adminCommand(\"ping\")'",
        "node --max-old-space-size=4096 dist/main.js",
        "pg_isready -U postgres -d chat -p 5432",
        "redis-server --requirepass ${REDIS_PASSWORD}",
        "sh -c 'redis-cli -a \"$REDIS_PASSWORD\" ping'",
        "sha256sum /data/file.bin",
        "rsync -a public deploy@host:/srv",
        "redis-cli -a $$REDIS_PASSWORD --no-auth-warning ping",
        """sh -c 'redis-cli --no-auth-warning -a "$$PW" ping' """,
        "docker login --password-stdin -u app",
        "mkdir -p uploads",
        "docker compose -p paperless up",
        "php artisan key:generate",
        "traefik --accesslog.fields.headers.names.Authorization=drop",
        "java --server.ssl.key-store=/ks.p12 -Djavax.net.ssl.keyStore=/ks.jks",
        "curl -u elastic:$${ELASTIC_PASSWORD} http://localhost/",
        "sh -c 'PGPASSWORD=`cat /f` psql'",
        "ssh -i /root/.ssh/id_ed25519 host",
        "openssl req -newkey rsa:4096",
        "curl http://localhost:9200/_cluster/health",
        "docker run -u 1000:1000 app",
        """node -e "require('http').get('http://localhost:3000', r => process.exit(r.ok ? 0 : 1))" """,
        "docker run -w app app:tag@sha256:abcdef0123456789",
        "sh -c 'htpasswd -vb /x ada $PASSWORD'",
        "redis-cli AUTH ${REDIS_PASSWORD}",
        """psql -c "ALTER USER ada WITH PASSWORD '${PW}'" """,
        "curl 'localhost/x?sort=name&page=2'",
        "mount -o rw,uid=1000,nofail /dev/sdb /data",
        "sh -c 'git clone git@example.org:team/app'",
        "echo alias of requirepass",
        "curl -fsS http://localhost:8080/health",
        "redis-server --requirepass --appendonly yes",
        "mongosh --quiet --eval 'db.auth(user, passwordPrompt())'",
        "ssh -u deploy",
        """sh -c 'TOKEN="$(cat /run/secrets/token)" exec app'""",
        """sh -c 'export TOKEN=$(cat /run/secrets/token); exec app'""",
    ],
)
def test_other_commands_stay_readable(command: str) -> None:
    assert command_secrets(shlex.split(command)) == []


def test_of_commands_within_commands_without_end_nothing_is_shown() -> None:
    deep = ("A: " * 50_000).strip()
    assert hidden_words([deep], lambda _: "***") == [f"{'A: ' * 8}***"]


def test_a_word_that_no_name_announces_is_hidden_there_and_not_everywhere() -> None:
    line = ["curl", "http://solr:8983/cores?action=STATUS", "--password", "sunshine"]
    assert hidden_words(line, lambda _: "***")[1:] == [
        "http://solr:8983/cores?action=***", "--password", "***",
    ]  # fmt: skip
    assert command_values(line) == ["sunshine"]

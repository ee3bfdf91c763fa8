# git from init to merge, between repositories of one machine.
set -e
export HOME=$(mktemp -d) GIT_AUTHOR_DATE='2024-01-02T03:04:05Z' GIT_COMMITTER_DATE='2024-01-02T03:04:05Z' GIT_PAGER=cat LC_ALL=C
cd "$HOME"
git config --global user.name 'A U Thor'; git config --global user.email author@example.org
git config --global init.defaultBranch main; git config --global advice.detachedHead false; git config --global gc.auto 0
git init -q work; cd work
mkdir -p src/deep; for i in $(seq 1 200); do seq $i 40 $((i * 40)) >src/deep/$i.txt; done; echo top >README; ln -s README link; printf '#!/bin/sh\n' >run; chmod +x run
git add .; git commit -q -m 'Everything'; git log --format='%H %an %s'
git ls-files -s | sha256sum; git fsck --strict 2>&1; git status --porcelain
echo changed >>README; git rm -q src/deep/1.txt; git mv src/deep/2.txt src/two.txt; git status --porcelain; git diff --stat; git commit -q -a -m 'Second'
git checkout -q -b topic HEAD~1; seq 1 100 >topic.txt; sed -i s/400/four/ src/deep/40.txt; git add .; git commit -q -m 'On a topic'
git checkout -q main; git merge -q -m 'Merge topic' topic; git log --graph --oneline --shortstat
git checkout -q -b left; echo left >README; git commit -q -a -m Left
git checkout -q -b right main; echo right >README; git commit -q -a -m Right
git merge left || echo "conflict: $?"; cat README; git checkout -q --theirs README; git commit -q -a -m 'Resolved'; git show --format=%s --stat HEAD; cat README
git tag -a v1 -m 'first'; git describe; git rev-parse v1^{tree}
git stash list; echo dirty >>run; git stash -q; git stash list; git stash pop -q; git diff --shortstat; git checkout -q run
git rebase -q main topic; git log --format='%h %s' topic | head -n 3
cd ..; git clone -q --bare work bare.git; git clone -q bare.git copy; cd copy; git log --format=%s origin/right | head -n 2; git branch -r | sort
echo pushed >new; git add new; git commit -q -m Pushed; git push -q origin HEAD:refs/heads/pushed; git -C ../bare.git log --format='%h %s' -1 pushed
cd ../work; git remote add bare ../bare.git; git fetch -q bare; git log --format='%h %s' -1 bare/pushed; git cherry-pick bare/pushed >/dev/null; git log --format=%s -1
git repack -a -d -q; git gc -q --prune=now; git count-objects -v | grep -E '^(count|in-pack|packs)'; git fsck --full 2>&1; git verify-pack -v .git/objects/pack/*.idx | grep -c blob
git archive --format=tar HEAD | tar -tf - | wc -l; git bundle create -q ../all.bundle --all; git bundle verify -q ../all.bundle && git clone -q -b right ../all.bundle ../unbundled && git -C ../unbundled log --format=%H -1
git worktree add -q ../tree main; git worktree list | wc -l; git grep -n four -- src; git blame -s README; git bisect start right main~1 >/dev/null 2>&1; git bisect run sh -c 'test ! -e topic.txt' 2>&1 | grep -c 'first bad commit'; git bisect reset 2>/dev/null
git daemon --base-path="$HOME" --export-all --listen=127.0.0.1 --port="${1:-9418}" --reuseaddr --pid-file="$HOME/pid" --detach
until git ls-remote -q "git://127.0.0.1:${1:-9418}/bare.git" >/dev/null 2>&1; do sleep 0.05; done
git clone -q "git://127.0.0.1:${1:-9418}/bare.git" ../by-tcp; git -C ../by-tcp rev-parse HEAD; kill "$(cat "$HOME/pid")"

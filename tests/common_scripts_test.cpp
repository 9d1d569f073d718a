// The shell scripts of common/ that paste, draw, unpack and lead a cluster.
#include "tests/scripts.h"

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "common/addr2line.h"

#include <chrono>
#include <cmath>
#include <csignal>
#include <sstream>

namespace {

// ---- readme.sh: what a text shows ----

struct Texts : Scripts {
  static std::string block(const std::string& kind, const std::string& command, const std::string& shown) {
    return "<!-- " + kind + ": " + command + " -->\n```text\n" + shown + "```\n";
  }
  ProgramRun paste(const std::string& option) { return run_program("sh common/readme.sh " + option + " " + file("a.md")); }
};

TEST_F(Texts, ArePastedOnRequestAndChecked) {
  const auto text = [](const std::string& run, const std::string& check, const std::string& other) {
    return "# Title\n```text\nnot pasted\n```\n" + block("run", "echo ran", run) + "between\n" + block("check", "printf 'one\\ntwo\\n'", check) +
           "  - indented, with a \\ and a space at the end \n" + block("check", "echo no; exit 77", other) + "the end, without a line's end";
  };
  const std::string old = text("old\nolder\n", "one\n", "as it was\n"), whole = "the end, without a line's end";
  write("a.md", old);
  const ProgramRun checked = paste("--check");
  EXPECT_EQ(checked.status, 1);
  EXPECT_TRUE(contains(checked.output, file("a.md") + " shows an old output; `sh common/readme.sh --diffs " + file("a.md") + "` pastes the new one:\n"));
  EXPECT_TRUE(contains(checked.output, "two\n"));
  EXPECT_FALSE(contains(checked.output, "ran"));
  EXPECT_EQ(read("a.md"), old) << "it only looks";

  const ProgramRun pasted = paste("--diffs");
  EXPECT_EQ(pasted.status, 0) << pasted.output;
  EXPECT_EQ(read("a.md"), text("old\nolder\n", "one\ntwo\n", "as it was\n") + "\n");
  EXPECT_TRUE(contains(pasted.output, "  run      printf 'one\\ntwo\\n'\n"));
  const ProgramRun fresh = paste("--check");
  EXPECT_TRUE(fresh.status == 0 && fresh.output.empty()) << fresh.output;

  EXPECT_EQ(paste("").status, 0);
  EXPECT_EQ(read("a.md"), text("ran\n", "one\ntwo\n", "as it was\n") + "\n");

  const std::string failing = block("check", "echo half; exit 3", "as it was\n");
  write("a.md", failing);
  const ProgramRun failed = paste("--diffs");
  EXPECT_EQ(failed.status, 1);
  EXPECT_TRUE(contains(failed.output, "error: " + file("a.md") + ": 'echo half; exit 3' failed\n"));
  EXPECT_EQ(read("a.md"), failing);
}

// ---- page.sh: pages of the book, as pandoc is told to make them ----

TEST_F(Scripts, TheBookKnowsItsPages) {
  link("sh ls basename sed dirname mktemp rm mkdir cat find sort grep");
  tool("pandoc", "case $1 in --help) echo \"${SAYS:---embed-resources}\"; exit ;; esac\necho \"text=$BOOK_TEXT $*\" >told\n"
                 "while [ \"$1\" != --metadata-file ]; do shift; done; cat \"$2\" >pages\nwhile [ $# -gt 1 ]; do shift; done; cat \"$1\" >source\n");
  const std::pair<const char*, const char*> titles[] = {{"README.md", "Start \"here\""}, {"chapters/01_a/README.md", "One"}, {"chapters/02_b/README.md", "Two"},
                                                        {"chapters/glossary.md", "Words"}, {"exercises/README.md", "Tasks"}, {"common/tool_x/README.md", "Tool"}};
  for (const auto& [name, title] : titles) {
    fs::create_directories((folder / name).parent_path());
    write(name, "words before\n# " + std::string(title) + "\n\n# Not this\n");
  }
  fs::create_directories(folder / "build/live");
  write("build/live/01_a.html", "");
  const struct {
    const char *name, *title, *group;
  } pages[] = {{"index", "Start \\\"here\\\"", "Start"}, {"01\\_a", "One", "Chapters"}, {"02\\_b", "Two", ""}, {"glossary", "Words", ""}, {"exercises", "Tasks", "Teaching"},
               {"tool\\_x", "Tool", "Tools"}};
  const auto list = [&](size_t open) {
    std::string all = "pages:\n";
    for (size_t i = 0; i < std::size(pages); ++i)
      all += line("  - { name: '%s', title: \"%s\", group: \"%s\", open: %s }\n", pages[i].name, pages[i].title, pages[i].group, i == open ? "true" : "false");
    return all;
  };
  const auto neighbour = [&](const char* which, size_t i) { return line("%s: { name: '%s', title: \"%s\" }\n", which, pages[i].name, i ? pages[i].title : "Start \"here\""); };
  const auto make = [&](const std::string& what, const std::string& settings = "") {
    const ProgramRun run = with_tools("sh -c 'cd " + folder.string() + " && sh " + fs::current_path().string() + "/common/book/page.sh " + what + "'", settings);
    EXPECT_EQ(run.status, 0) << run.output;
    return run.output;
  };
  EXPECT_EQ(make("chapters/01_a/README.md"), "  book     build/book/01_a.html\n");
  EXPECT_EQ(read("pages"), list(1) + neighbour("next", 2) + neighbour("previous", 0) + "sources: '01\\_a'\n");
  EXPECT_TRUE(contains(read("told"), "text=chapters/01_a/README.md ") && contains(read("told"), " --include-after-body build/live/01_a.html --from gfm"));
  EXPECT_TRUE(contains(read("told"), " --embed-resources --standalone ") && contains(read("told"), " --metadata pagetitle:One "));
  EXPECT_TRUE(contains(read("told"), " --resource-path .:chapters/01_a ") && contains(read("told"), " --output build/book/01_a.html "));

  EXPECT_EQ(make("README.md", "SAYS=--self-contained"), "  book     build/book/index.html\n");
  EXPECT_EQ(read("pages"), list(0) + neighbour("next", 1));
  EXPECT_TRUE(contains(read("told"), " --self-contained ") && !contains(read("told"), "include-after"));
  make("common/tool_x/README.md");
  EXPECT_EQ(read("pages"), list(5) + neighbour("previous", 4) + "sources: 'tool\\_x'\n");

  for (const char* name : {"b.cpp", "a.cuh", "c.sh", "d", "plot.svg", "numbers.csv"}) write("chapters/02_b/" + std::string(name), "in " + std::string(name) + "\n");
  EXPECT_EQ(make("--files chapters/02_b"), "  book     build/book/02_b_files.html\n");
  EXPECT_EQ(read("pages"), list(2) + "files-page: true\nsources: '02\\_b'\n");
  EXPECT_TRUE(contains(read("told"), " --metadata pagetitle:Two: the files "));
  std::string files;
  for (const auto& [name, language] : {std::pair{"a.cuh", "cpp"}, {"b.cpp", "cpp"}, {"c.sh", "bash"}, {"d", "text"}})
    files += line("\n## %s {id=\"%s\"}\n\n~~~~~~~~~~ {.%s}\nin %s\n\n~~~~~~~~~~\n", name, name, language, name);
  EXPECT_EQ(read("source"), files);
}

// ---- links.lua: where links of a page lead ----

TEST_F(ScriptFolder, LinksLeadToPagesOrToCopies) {
  if (run_program("command -v pandoc").status != 0) GTEST_SKIP() << "skipped: no pandoc here";
  for (const char* name : {"README.md", "Makefile", "exercises/README.md", "chapters/glossary.md", "chapters/05_a/README.md", "chapters/05_a/other.h", "chapters/06_b/README.md",
                           "chapters/06_b/code.cpp", "chapters/06_b/code.h", "chapters/06_b/more/run", "chapters/06_b/results/x.csv", "chapters/06_b/results/x.svg", "chapters/06_b/more.md", "chapters/07_c/alone.cpp",
                           "common/mpi/README.md", "common/mpi/launch", "common/error.h", "common/data/README.md", "common/data/sums", "slides/05_a.md"}) {
    fs::create_directories((folder / name).parent_path());
    write(name, "this is " + std::string(name) + "\n");
  }
  write("chapters/06_b/more/empty", "");
  const auto page = [&](const std::string& text, const std::string& options = "") {
    write("page.md", text);
    return run_program("cd " + folder.string() + " && BOOK_TEXT=chapters/06_b/README.md pandoc --from gfm --to html5 --wrap none " + options + " --lua-filter " +
                       fs::current_path().string() + "/common/book/links.lua page.md");
  };
  const std::pair<const char*, const char*> links[] = {
      {"../../README.md", "index.html"},
      {"README.md#part", "06_b.html#part"},
      {"../05_a/README.md", "05_a.html"},
      {"./../05_a/../05_a/README.md#x", "05_a.html#x"},
      {"../glossary.md#loss", "glossary.html#loss"},
      {"../../exercises/README.md", "exercises.html"},
      {"code.cpp", "06_b_files.html#code.cpp"},
      {"more/run", "06_b_files.html#more/run"},
      {"more/empty", "06_b_files.html#more/empty"},
      {"results/x.csv", "files/chapters/06_b/results/x.csv.txt"},
      {"results/x.svg", "files/chapters/06_b/results/x.svg.txt"},
      {"more.md", "files/chapters/06_b/more.md.txt"},
      {"../07_c/alone.cpp", "files/chapters/07_c/alone.cpp.txt"},
      {"../../common/mpi/launch", "mpi_files.html#launch"},
      {"../../common/data/sums", "files/common/data/sums.txt"},
      {"../../slides/05_a.md", "../slides/05_a.html"},
      {"../../Makefile", "files/Makefile.txt"},
      {"#here", "#here"},
      {"https://example.org/README.md", "https://example.org/README.md"}};
  std::string text, expected;
  for (const auto& [target, address] : links) text += line("[to](%s)\n", target), expected += line("%s<a href=\"%s\">to</a>", expected.empty() ? "<p>" : " ", address);
  const ProgramRun all = page(text);
  EXPECT_EQ(all.status, 0) << all.output;
  EXPECT_EQ(all.output, expected + "</p>\n");
  for (const char* copy : {"chapters/06_b/results/x.csv", "chapters/07_c/alone.cpp", "common/data/sums", "Makefile"})
    EXPECT_EQ(read("build/book/files/" + std::string(copy) + ".txt"), read(copy)) << copy;

  // Files that are named in code, wherever they are named from; in a link they are no other one. What is no file is code.
  const auto code = [](const char* address, const char* words) { return line("<a href=\"%s\"><code>%s</code></a>", address, words); };
  const ProgramRun named = page("`code.cpp` `code.*` `../05_a/other.h` `common/error.h` `none.cpp` `make test` [`code.h`](../05_a/other.h)\n");
  EXPECT_EQ(named.output, "<p>" + code("06_b_files.html#code.cpp", "code.cpp") + " " + code("06_b_files.html#code.h", "code.*") + " " +
                              code("05_a_files.html#other.h", "../05_a/other.h") + " " + code("files/common/error.h.txt", "common/error.h") +
                              " <code>none.cpp</code> <code>make test</code> " + code("05_a_files.html#other.h", "code.h") + "</p>\n");
  EXPECT_EQ(page("`code.cpp`\n", "--metadata files-page:true").output, "<p><code>code.cpp</code></p>\n") << "sources are shown as they are";

  // Commands head what they have printed; the live figure has its place.
  const ProgramRun shown = page("<!-- run: make 06 -->\n\n<!-- check: diff a b -->\n\n<!-- a remark -->\n\n![live](figures/live.svg)![still](figures/still.svg)\n");
  for (const char* command : {"make 06", "diff a b"}) EXPECT_TRUE(contains(shown.output, line("<div class=\"command\">\n<pre><code>$ %s</code></pre>\n</div>\n", command)));
  EXPECT_TRUE(contains(shown.output, "<!-- a remark -->"));
  EXPECT_TRUE(contains(shown.output, "<img src=\"figures/live.svg\" id=\"live-picture\" alt="));

  EXPECT_EQ(shown.output.find("live-picture"), shown.output.rfind("live-picture"));

  // A chapter that is not here is no link, and that is said; anything else that is missing is an error.
  const ProgramRun hand_out = page("[nine](../09_none/README.md)\n");
  EXPECT_EQ(hand_out.output, "chapters/06_b/README.md: no link to chapters/09_none/README.md, which is not here\n<p><span>nine</span></p>\n");
  for (const char* target : {"none.md#x", "more"}) {
    const ProgramRun lost = page(line("[lost](%s)\n", target));
    EXPECT_NE(lost.status, 0);
    EXPECT_TRUE(contains(lost.output, line("chapters/06_b/README.md: a link to %s, which does not exist", target)));
  }
}

// ---- build.sh: what live figures are made with ----

TEST_F(Scripts, LiveFiguresNeedTheirTools) {
  link("sh dirname");
  const auto ask = [&](const char* what, const char* settings = "") { return with_tools("sh common/live/build.sh --" + std::string(what), settings).output; };
  const bool library = fs::exists("/usr/include/wasm32-wasi/c++/v1/vector");
  const std::string where = " (Debian 12: clang-16 lld-16 wasi-libc libc++-16-dev-wasm32 libc++abi-16-dev-wasm32 libclang-rt-16-dev-wasm32)\n", none = library ? "" : " libc++ for wasm32-wasi";
  EXPECT_EQ(ask("tools"), "no clang++-16 wasm-ld-16" + none + where);
  EXPECT_EQ(ask("compiler"), "");
  tool("wasm-ld-16", "exit 1\n");
  EXPECT_EQ(ask("tools"), "no clang++-16" + none + where);
  tool("mine", "exit 1\n");
  EXPECT_EQ(ask("tools", "WASM_CXX=mine"), library ? "" : "no" + none + where);
  EXPECT_EQ(ask("compiler", "WASM_CXX=mine"), library ? "mine\n" : "");
  no_tool("wasm-ld-16");
  EXPECT_EQ(ask("tools", "WASM_CXX=mine"), "no wasm-ld-16" + none + where);
  EXPECT_EQ(ask("compiler", "WASM_CXX=mine"), "");
}

// ---- addr2line.h: what the tool is asked, and what is taken of its answer ----

TEST_F(Scripts, Addr2lineIsAskedForEachAddress) {
  link("sh");
  tool("addr2line", "for word; do echo \"a file.cpp:$word (discriminator 3)\"; done; echo no debug information >&2\n");
  const std::string before = getenv("PATH");
  setenv("PATH", (folder / "tools").c_str(), 1);
  const std::vector<std::string> plain = addr2line("a program", {16, 0x2a}), inlined = addr2line("a program", {16}, "-i");
  setenv("PATH", before.c_str(), 1);
  const std::string file = "a file.cpp:";
  EXPECT_EQ(plain, (std::vector<std::string>{file + "-e", file + "a program", file + "0x10", file + "0x2a"}));
  EXPECT_EQ(inlined, (std::vector<std::string>{file + "-i", file + "-e", file + "a program", file + "0x10"}));
}

// ---- virtual_cluster.sh: what it refuses before it makes anything, and what it says of hosts that there are ----

TEST_F(Scripts, AVirtualClusterRefusesFirst) {
  link("sh awk sort sed dirname cat tr");
  tool("id", "echo ${USER_ID:-0}\n");
  tool("ip", "case $* in 'netns list') printf \"$HOSTS\" ;; *' -br addr show eth0') echo \"eth0 UP 10.77.0.${2#vc}/24 fe80::1/64\" ;;\n"
             "  'netns exec '*' tc qdisc show dev eth0') printf \"netem of $3\\ntbf\\n\" ;; *) echo \"made: $*\" ;; esac\n");
  const auto refused = [&](const std::string& words, const std::string& command, const std::string& settings = "") {
    const ProgramRun run = with_tools("sh common/cluster/virtual_cluster.sh " + command, "HOSTS= " + settings);
    EXPECT_EQ(run.status, 1) << command;
    EXPECT_EQ(run.output, "virtual_cluster.sh: " + words + "\n") << command;
  };
  for (const char* command : {"up 2", "down", "run 2 true"}) refused("needs root: it makes network namespaces (try sudo)", command, "USER_ID=1000");
  for (const char* count : {"0", "201"}) refused("up: 1 to 200 hosts, not " + std::string(count), "up " + std::string(count));
  refused("up: 3x is not a number of hosts", "up 3x --rate 1gbit");
  refused("unknown option --speed", "up 3 --delay 5us --speed 1gbit");
  for (const char* count : {"1", "200"}) refused("a virtual cluster is up already; take it down first", "up " + std::string(count), "HOSTS='vc1 (id: 3)\\n'");
  const ProgramRun help = with_tools("sh common/cluster/virtual_cluster.sh");
  EXPECT_EQ(help.status, 2);
  EXPECT_TRUE(help.output.starts_with("virtual_cluster.sh: a cluster of several hosts") && help.output.ends_with(" in place of ssh.\n"));
  if (fs::exists("/run/virtual_cluster")) return;  // of that one there would be more to say
  EXPECT_EQ(with_tools("sh common/cluster/virtual_cluster.sh status", "HOSTS='vc\\nother1\\nvc1x\\n'").output, "no virtual cluster\n");
  std::string all;
  for (const char* i : {"1", "2", "10"}) all += line("vc%s 10.77.0.%s/24: netem of vc%s;tbf;\n", i, i, i);
  EXPECT_EQ(with_tools("sh common/cluster/virtual_cluster.sh status", "HOSTS='vc10 (id: 2)\\nvc2\\nvc1 (id: 0)\\n'").output, all);
}

// The script with files of its own, and tools that only write down what they are told: which hosts, cards, rates and delays there are.
struct VirtualCluster : Scripts {
  void SetUp() override {
    Scripts::SetUp();
    link("sh awk sort sed dirname cat tr seq mkdir cp rm grep mv");
    fs::create_directories(folder / "common/mpi"), fs::create_directories(folder / "common/cluster"), fs::create_directories(folder / "run");
    std::string text = text_of("common/cluster/virtual_cluster.sh");
    for (const auto& [old, of_test] : {std::pair{std::string("=/run/"), "=" + file("run/")}, {"/etc/netns", file("netns")}})
      for (size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += of_test.size()) text.replace(at, old.size(), of_test);
    write("common/cluster/virtual_cluster.sh", text);
    write("common/mpi/launch", "echo \"$MPIEXEC|$FI_TCP_IFACE $UCX_NET_DEVICES $GUARD_WAIT|$*\"\n");
    tool("id", "echo ${USER_ID:-0}\n");
    tool("mpiexec", "exit 0\n");
    tool("tc", "case $* in *\"${BROKEN:-none}\"*) exit 2 ;; esac\necho \"tc $*\" >>told\n");
    tool("ip", "[ ! -e hosts ] || cp hosts before\ncase $* in 'netns list') [ ! -e hosts ] || cat hosts; exit ;; 'netns add '*) echo \"$3 (id: 0)\" >>hosts ;;\n"
               "  'netns del '*) grep -v \"^$3 \" before >hosts ;; 'netns pids '*) exit ;; esac\necho \"ip $*\" >>told\n");
  }
  ProgramRun cluster(const std::string& words, const std::string& settings = "") const {
    fs::remove(folder / "told");
    return with_tools("sh -c 'cd " + folder.string() + " && sh common/cluster/virtual_cluster.sh " + words + "'", "GUARD_WAIT= VIRTUAL_MPIEXEC= " + settings);
  }
};

TEST_F(VirtualCluster, HasHostsOfTheSpeedThatIsAskedFor) {
  const ProgramRun none = cluster("env"), no_run = cluster("run 2 true");
  for (const ProgramRun* run : {&none, &no_run})
    EXPECT_TRUE(run->status == 1 && run->output == "virtual_cluster.sh: no virtual cluster; begin with: virtual_cluster.sh up 4\n") << run->output;
  fs::create_directory(folder / "run/virtual_cluster");  // another one begins just now, and has no host yet
  EXPECT_EQ(cluster("up 2").output, "virtual_cluster.sh: a virtual cluster is up already; take it down first\n");
  EXPECT_TRUE(fs::remove(folder / "run/virtual_cluster") && !fs::exists(folder / "told")) << read("told");
  const std::string address = "ip addr add 10.77.0.254/24 dev vc0\nip link set vc0 up\n", bridge = "ip link add vc0 address 02:00:00:00:00:01 type bridge\n" + address;
  const std::string reno = "sh -c cd /proc/sys/net/ipv4 && echo reno >tcp_congestion_control && echo 65536 >tcp_limit_output_bytes\n";
  const auto host = [&](int i, const std::string& in, const std::string& out) {  // what shapes messages into it, and out of it
    const std::string vc = "vc" + std::to_string(i), inside = "ip netns exec " + vc + " ";
    return "ip netns add " + vc + "\nip link add " + vc + " type veth peer name eth0 netns " + vc + "\nip link set " + vc + " master vc0 up\nip link set " + vc +
           " gso_max_size 9000\n" + (in.empty() ? "" : "tc qdisc add dev " + vc + in) + "ip -n " + vc + " addr add 10.77.0." + std::to_string(i) +
           "/24 dev eth0\nip -n " + vc + " link set lo up\nip -n " + vc + " link set eth0 up\n" + inside + reno + inside + "ip link set eth0 gso_max_size 9000\n" + out;
  };
  const auto out = [](int i, const std::string& words) { return "ip netns exec vc" + std::to_string(i) + " tc qdisc add dev eth0" + words; };
  const std::string tbf = " tbf rate 1gbit burst 16kb latency 100ms\n", netem = " root handle 1: netem delay 50us limit 10000\n";
  const std::string asked = "ip link add vct1 type veth peer name vct2\ntc qdisc add dev vct1 root netem delay 1us\nip link del vct1\n";

  EXPECT_EQ(cluster("up 2 --rate 1gbit --delay 50us").output, "up: 2 hosts, rate 1gbit, delay 50us\n");
  std::string all = asked + bridge;
  for (int i : {1, 2}) all += host(i, " root handle 1:" + tbf, out(i, netem) + out(i, " parent 1: handle 2:" + tbf));
  EXPECT_EQ(read("told"), all);
  const std::string names = "127.0.0.1 localhost\n10.77.0.1 vc1\n10.77.0.2 vc2\n";
  EXPECT_TRUE(read("netns/vc1/hosts") == names && read("netns/vc2/hosts") == names) << read("netns/vc1/hosts");
  EXPECT_EQ(cluster("up 2").output, "virtual_cluster.sh: a virtual cluster is up already; take it down first\n");
  EXPECT_EQ(read("run/virtual_cluster/hostfile"), "vc1\nvc2\n");

  const std::string here = folder.string() + "/common/cluster", launcher = " -f " + file("run/virtual_cluster/hostfile") + " -localhost 10.77.0.254 -launcher ssh -launcher-exec " + here + "/enter_host";
  EXPECT_EQ(cluster("env").output, "export UCX_TLS=tcp,self UCX_NET_DEVICES=eth0,lo UCX_LOG_LEVEL=error FI_PROVIDER=tcp FI_TCP_IFACE=eth0 GUARD_WAIT=polite\nexport MPIEXEC='mpiexec" +
                                       launcher + "'\n");
  EXPECT_EQ(cluster("run 3 program -x", "GUARD_WAIT=spin").output, "mpiexec" + launcher + "|eth0 eth0,lo spin|3 program -x\n");
  tool("mpiexec.hydra", "exit 0\n");
  EXPECT_TRUE(contains(cluster("env").output, "MPIEXEC='mpiexec.hydra -f "));
  tool("mpiexec.mpich", "exit 0\n");
  EXPECT_TRUE(contains(cluster("env").output, "MPIEXEC='mpiexec.mpich -f "));
  EXPECT_TRUE(contains(cluster("env", "VIRTUAL_MPIEXEC=mine").output, "MPIEXEC='mine -f "));

  EXPECT_EQ(cluster("down").output, "");
  EXPECT_EQ(read("told"), "ip link del vc1\nip netns del vc1\nip link del vc2\nip netns del vc2\nip link del vc0\n");
  EXPECT_FALSE(fs::exists(folder / "run/virtual_cluster") || fs::exists(folder / "netns/vc1") || fs::exists(folder / "netns/vc2"));

  // Without a rate or a delay; and where something fails, what was made is removed.
  EXPECT_EQ(cluster("up 1").output, "up: 1 hosts, rate unlimited, delay none\n");
  EXPECT_EQ(read("told"), bridge + host(1, "", ""));
  cluster("down");
  EXPECT_EQ(cluster("up 1 --delay 50us").output, "up: 1 hosts, rate unlimited, delay 50us\n");
  EXPECT_EQ(read("told"), asked + bridge + host(1, "", out(1, netem)));
  cluster("down");
  const ProgramRun failed = cluster("up 2 --rate 1gbit", "BROKEN=tbf");
  EXPECT_EQ(failed.status, 1);
  EXPECT_EQ(failed.output, "virtual_cluster.sh: up failed; what was made is removed\n");
  EXPECT_TRUE(read("told").ends_with("ip link del vc1\nip netns del vc1\nip link del vc0\n")) << read("told");
  EXPECT_FALSE(fs::exists(folder / "run/virtual_cluster"));
}

// A kernel without netem: the switch of ours, whose compiler fails here, so that nothing is begun.
TEST_F(VirtualCluster, TakesItsOwnSwitchWhereTheKernelHasNone) {
  link("find");
  tool("compiler", "echo \"$*\" >compiled; exit 1\n");
  EXPECT_NE(cluster("up 2 --delay 50us", "CXX=compiler BROKEN=netem").status, 0);
  const std::string here = folder.string() + "/common/cluster";
  EXPECT_EQ(read("compiled"), "-Wall -Wextra -std=c++20 -O2 -o " + here + "/../../build/cluster/delay_switch " + here + "/delay_switch.cpp\n");
  EXPECT_EQ(read("told"), "ip link add vct1 type veth peer name vct2\nip link del vct1\n");
  EXPECT_FALSE(fs::exists(folder / "run/virtual_cluster"));
}

#ifdef __linux__
// With a compiler that works: the switch is told its delay in microseconds and all cards, it ends with the cluster, and it is compiled once for
// each change of its source.
TEST_F(VirtualCluster, StartsItsOwnSwitchAndEndsIt) {
  link("find");
  const std::string here = folder.string() + "/common/cluster", program = here + "/../../build/cluster/delay_switch", cxx = "CXX=compiler BROKEN=netem";
  script("switch", "echo \"$*\" >switched; read never <fifo\n");
  EXPECT_EQ(run_program("mkfifo " + file("fifo")).status, 0);
  tool("compiler", "echo compiled >>compiled; cp switch \"$6\"\n");
  tool("sleep", "i=0; until [ -s switched ] || [ $((i += 1)) -gt 1000000 ]; do :; done\n");
  const auto up = [&](const std::string& words) {
    fs::remove(folder / "switched");
    return cluster("up " + words, cxx).output;
  };
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // the switch is a child of this process when its script has ended
  const auto down = [&] {
    const pid_t process = std::atoi(read("run/virtual_cluster/switch.pid").c_str());
    ASSERT_EQ(waitpid(process, nullptr, WNOHANG), 0) << "it is no longer there";
    cluster("down");
    int status = 0;
    for (int i = 0; i < 10'000'000 && status == 0; ++i) waitpid(process, &status, WNOHANG);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    if (status == 0) kill(process, SIGKILL), waitpid(process, nullptr, 0);
  };
  write("common/cluster/delay_switch.cpp", "");
  const std::string own = " (this kernel has no netem: by delay_switch, in user space)\n";
  EXPECT_EQ(up("2 --rate 1gbit --delay 50us"), "up: 2 hosts, rate 1gbit, delay 50us" + own);
  std::string all = "ip link add vct1 type veth peer name vct2\nip link del vct1\nip tuntap add dev vc0 mode tap\nip addr add 10.77.0.254/24 dev vc0\nip link set vc0 up\n";
  for (const std::string i : {"1", "2"})
    all += "ip netns add vc" + i + "\nip -n vc" + i + " tuntap add dev eth0 mode tap\nip -n vc" + i + " addr add 10.77.0." + i + "/24 dev eth0\nip -n vc" + i +
           " link set lo up\nip -n vc" + i + " link set eth0 up\nip netns exec vc" + i +
           " sh -c cd /proc/sys/net/ipv4 && echo reno >tcp_congestion_control && echo 65536 >tcp_limit_output_bytes\nip netns exec vc" + i +
           " ip link set eth0 gso_max_size 9000\nip netns exec vc" + i + " tc qdisc add dev eth0 root handle 1: tbf rate 1gbit burst 16kb latency 100ms\n";
  EXPECT_EQ(read("told"), all) << "nobody but the switch delays";
  EXPECT_EQ(read("switched"), "50 vc0 vc1/eth0 vc2/eth0\n");
  EXPECT_EQ(cluster("status").output, "vc1 : \nvc2 : \ndelay_switch: /bin/sh " + program + " 50 vc0 vc1/eth0 vc2/eth0 \n");
  down();
  EXPECT_EQ(up("1 --delay 2ms"), "up: 1 hosts, rate unlimited, delay 2ms" + own);
  EXPECT_EQ(read("switched"), "2000 vc0 vc1/eth0\n");
  down();
  EXPECT_EQ(read("compiled"), "compiled\n") << "it was there, and newer than its source";
  fs::last_write_time(folder / "common/cluster/delay_switch.cpp", fs::last_write_time(folder / "build/cluster/delay_switch") + std::chrono::hours(1));
  EXPECT_EQ(up("1 --delay 3s"), "virtual_cluster.sh: --delay 3s: write it in us or ms\nvirtual_cluster.sh: up failed; what was made is removed\n");
  EXPECT_EQ(read("compiled"), "compiled\ncompiled\n");
  EXPECT_FALSE(fs::exists(folder / "run/virtual_cluster") || fs::exists(folder / "switched"));
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}
#endif

// As ssh would: the words of a command go through a shell. A host has its own name and its own shared memory.
TEST_F(Scripts, AHostIsEnteredAsBySsh) {
  link("sh");
  tool("ip", "echo \"ip $1 $2 $3\"; shift 3; exec \"$@\"\n");
  tool("unshare", "echo \"unshare $1 $2 $3\"; shift 3; exec \"$@\"\n");
  tool("hostname", "echo \"hostname $*\"\n");
  tool("mount", "echo \"mount $*\"\n");
  tool("say", "echo \"$#: $*\"\n");
  for (const char* option : {"", "-x "})
    EXPECT_EQ(with_tools("sh common/cluster/enter_host " + std::string(option) + "vc2 say '\"a  b\"' -c").output,
              "ip netns exec vc2\nunshare --uts --ipc --mount\nhostname vc2\nmount -t tmpfs tmpfs /dev/shm\n2: a  b -c\n");
}

// ---- unpack.sh ----

TEST_F(Scripts, AnArchiveThatNobodyKnowsIsRefused) {
  write("SHA256SUMS", "0000  another.gz\n");
  ASSERT_EQ(run_program("echo x | gzip -c >" + file("a.gz")).status, 0);
  const ProgramRun run = run_program("sh common/data/unpack.sh " + file("a.gz") + " " + file("a"));
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.output, "error: " + file("a.gz") + ": has no line in " + folder.string() + "/SHA256SUMS\n");
  EXPECT_FALSE(fs::exists(folder / "a") || fs::exists(folder / "a.new"));
}

// ---- job.sh: how many ranks a job of Slurm has ----

TEST_F(Scripts, AJobAsksForItsRanks) {
  const std::string job = "env -u SLURM_NTASKS -u SLURM_TASKS_PER_NODE -u SLURM_NNODES -u SLURM_NTASKS_PER_NODE SLURM_JOB_ID=5 SLURM_JOB_NODELIST=a,b ";
  const std::string end = " MPIEXEC='echo started' sh common/cluster/job.sh a program";
  const std::pair<const char*, const char*> jobs[] = {{"SLURM_NTASKS=3 SLURM_TASKS_PER_NODE=8", "3"}, {"SLURM_TASKS_PER_NODE='2(x3),1'", "7"},
                                                      {"SLURM_NNODES=3 SLURM_NTASKS_PER_NODE=4", "12"}};
  for (const auto& [settings, ranks] : jobs)
    EXPECT_EQ(run_program(job + settings + end).output, "job 5: " + std::string(ranks) + " ranks on a,b\nstarted a program\n") << settings;
  const ProgramRun none = run_program(job + end);
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.output, "job.sh: Slurm says no number of tasks: is this a job? sbatch common/cluster/job.sh\n");
}

// The launcher that it finds hears of them, each rather than those before it; without words of its own the job is chapter 04's hello.
TEST_F(Scripts, AJobTellsItsLauncherOfItsRanks) {
  link("sh tr awk");
  const auto job = [&](const char* words) { return with_tools("sh common/cluster/job.sh " + std::string(words), "SLURM_NTASKS=3 SLURM_JOB_ID=5 SLURM_JOB_NODELIST=a,b").output; };
  for (const std::string name : {"mpiexec", "mpiexec.hydra", "mpiexec.mpich"}) {
    tool(name, "echo \"${0##*/}, $EXPECT_RANKS ranks: $# $*\"\n");
    EXPECT_EQ(job("a 'b c'"), "job 5: 3 ranks on a,b\n" + name + ", 3 ranks: 2 a b c\n");
  }
  EXPECT_EQ(job(""), "job 5: 3 ranks on a,b\nmpiexec.mpich, 3 ranks: 1 build/chapters/04_point_to_point/hello\n");
}

// ---- timeline: a picture of a trace that is written here ----

struct Timeline : Scripts {
  static std::string event(const char* name, const char* kind, int rank, double begin_ms, double ms, const std::string& args = "") {
    return line("{\"name\":\"%s\",\"cat\":\"%s\",\"ph\":\"X\",\"pid\":0,\"tid\":%d,\"ts\":%.3f,\"dur\":%.3f,\"args\":{%s}},\n", name, kind, rank, 1000 * (500 + begin_ms),
                1000 * ms, args.c_str());
  }
  ProgramRun draw(const std::string& window = "") const { return run_program("sh common/mpi_guard/timeline " + file("trace.json") + " " + window); }
};

// The picture is 1100 wide, from x = 76 on, whatever the time; a rank is a lane.
TEST_F(Timeline, HasPlacesSharesAndWordsByHand) {
  std::string trace = "{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":0,\"tid\":1,\"args\":{\"name\":\"rank 1 on box\"}},\n";
  trace += event("forward 3", "compute", 0, 0, 4) + event("MPI_Send", "send", 0, 4, 1, "\"communicator\":\"w\",\"bytes\":12,\"peer\":1,\"tag\":0") +
           event("MPI_Recv", "receive", 1, 0, 5, "\"bytes\":12,\"peer\":-2") + event("backward 3", "compute", 1, 5, 5) + event("MPI_Barrier", "collective", 0, 5, 5);
  write("trace.json", trace);
  const ProgramRun all = draw(), part = draw("3 7"), rest = draw("8");
  ASSERT_EQ(all.status, 0) << all.output;
  EXPECT_TRUE(contains(all.output, ">2 ranks, 10.000 ms</text>"));
  EXPECT_TRUE(contains(part.output, ">2 ranks, 4.000 ms</text>"));
  EXPECT_TRUE(contains(rest.output, ">2 ranks, 2.000 ms</text>"));
  // The shares are those of all the time of all ranks, 20 ms, whatever the window.
  for (const ProgramRun* run : {&all, &part, &rest})
    for (const char* share : {">forward 20 %<", ">backward 25 %<", ">send 5 %<", ">receive 25 %<", ">collective 25 %<"}) EXPECT_TRUE(contains(run->output, share));
  // A region is as high as its rank's lane, a call less; each kind has its colour, in the legend, too.
  struct Shown {
    const char *title, *colour, *kind;
    int rank;
    bool region;
    double begin, end;
  };
  const auto box = [](const ProgramRun& run, const Shown& e, double from, double to) {
    const double x = 76 + 1100 * (std::max(e.begin, from) - from) / (to - from), right = 76 + 1100 * (std::min(e.end, to) - from) / (to - from);
    return contains(run.output, "<title>" + std::string(e.title) + "</title>" +
                                    line("<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" fill=\"%s\"", x, 58 + 42 * e.rank + (e.region ? 0 : 5), right - x,
                                         e.region ? 34 : 24, e.colour));
  };
  const Shown events[] = {{"forward 3, 4.000 ms, at 0.000 ms", "#2f7f6f", "forward 20", 0, true, 0, 4},
                          {"MPI_Send, 1.000 ms, at 4.000 ms, rank 1, 12 bytes", "#3b6fb6", "send 5", 0, false, 4, 5},
                          {"MPI_Recv, 5.000 ms, at 0.000 ms, any rank, 12 bytes", "#d9623b", "receive 25", 1, false, 0, 5},
                          {"backward 3, 5.000 ms, at 5.000 ms", "#7fbf7b", "backward 25", 1, true, 5, 10},
                          {"MPI_Barrier, 5.000 ms, at 5.000 ms", "#b5477a", "collective 25", 0, false, 5, 10}};
  for (const Shown& event : events) {
    EXPECT_TRUE(box(all, event, 0, 10)) << event.title << all.output;
    EXPECT_TRUE(box(part, event, 3, 7)) << event.title << part.output;
    EXPECT_EQ(contains(rest.output, event.title), event.end > 8) << event.title;
    const std::string& text = all.output;
    const size_t words = text.find(">" + std::string(event.kind) + " %</text>"), colour = text.rfind("rx=\"2\" fill=\"", words);
    ASSERT_NE(words, std::string::npos) << event.kind;
    EXPECT_EQ(text.substr(colour + 13, 7), event.colour) << event.kind;
  }
  EXPECT_TRUE(contains(all.output, ">rank 1<title>rank 1 on box</title>"));
  for (const auto& [mark, x] : {std::pair{"0", 76}, {"1", 186}, {"5", 626}}) EXPECT_TRUE(contains(all.output, line("<text x=\"%.1f\" y=\"158\" font-size=\"12\" fill=\"#666\" text-anchor=\"middle\">%s</text>", double(x), mark)));
  // Of what is thinner than the eye sees there is one stroke for each half of a pixel, kind and rank.
  trace = event("forward 0", "compute", 0, 0, 1000);
  for (int rank : {0, 1})
    for (int i = 0; i < 3; ++i) trace += event("MPI_Send", "send", rank, 500.1 + 0.01 * i, 0.001) + event("MPI_Recv", "receive", rank, 500.1 + 0.01 * i, 0.001);
  write("trace.json", trace);
  const ProgramRun thin = draw();
  std::string strokes;
  for (size_t at = 0; (at = thin.output.find("width=\"0.40\"", at)) != std::string::npos; ++at) strokes += thin.output.substr(at + 12, 26) + "\n";
  const std::string both = " height=\"24\" fill=\"#3b6fb6\n height=\"24\" fill=\"#d9623b\n";
  EXPECT_EQ(strokes, both + both);
  write("trace.json", "{}\n");
  const ProgramRun none = draw();
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.output, "the trace holds no event\n");
  EXPECT_EQ(run_program("sh common/mpi_guard/timeline").status, 2);
}

// Chapter 10's picture: from a millisecond before the first rank has ended its second update to four after the last one has ended its third.
TEST_F(Timeline, OfTheGridIsItsThirdStep) {
  if (!fs::exists("chapters/10_hybrid/timeline.sh")) GTEST_SKIP() << "skipped: no chapter 10 here";
  std::string trace;
  for (int step = 0; step < 5; ++step)
    for (int rank = 0; rank < 2; ++rank)
      trace += event("forward 0", "compute", rank, 20 * step, 10) + event("update", "compute", rank, 20 * step + 15 + rank, 2);
  write("trace.json", trace);
  fs::create_directories(folder / "chapters/13_scaling");
  std::ofstream(folder / "chapters/13_scaling/train") << "#!/bin/sh\necho \"$*\"\nwhile [ $1 != --trace ]; do shift; done\ncp " << file("trace.json") << " $2\n";
  fs::permissions(folder / "chapters/13_scaling/train", fs::perms::owner_all);
  fs::create_directories(folder / "tmp");
  const ProgramRun run = run_program("TMPDIR=" + file("tmp") + " B=" + folder.string() + " sh chapters/10_hybrid/timeline.sh " + file("step.svg"));
  EXPECT_TRUE(run.status == 0 && run.output.empty()) << run.output;
  EXPECT_TRUE(fs::is_empty(folder / "tmp")) << "the trace is left there";
  // Ends: 20 + 17 on rank 0, 40 + 18 on rank 1.
  EXPECT_EQ(read("step.svg"), draw("36 62").output);
  EXPECT_TRUE(contains(read("step.svg"), ">2 ranks, 26.000 ms</text>"));
}

}  // namespace

#pragma once

namespace CLI {
class App;
}

namespace holdfast::cli {

void add_sim_command(CLI::App& app, int& exit_code);

}  // namespace holdfast::cli

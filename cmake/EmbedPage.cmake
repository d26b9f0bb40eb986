# Makes one C++ constant of an HTML page and of the scripts and styles that it names.
#
# cmake -DPAGE=…/page.html -DNAMESPACE=holdfast::sim -DNAME=kPage -DOUTPUT=page.cpp -P EmbedPage.cmake
#
# `<script src="axis.js"></script>` and `<link rel="stylesheet" href="page.css">` become elements
# with the file's text in them; the paths are relative to the page. So a page opens in a browser
# from the source folder, too, and its files stay apart there.

get_filename_component(folder "${PAGE}" DIRECTORY)
file(READ "${PAGE}" page)

function(inline pattern tag)
  string(REGEX MATCHALL "${pattern}" elements "${page}")
  foreach(element IN LISTS elements)
    string(REGEX REPLACE "${pattern}" "\\1" path "${element}")
    file(READ "${folder}/${path}" text)
    string(REPLACE "${element}" "<${tag}>\n${text}</${tag}>" page "${page}")
  endforeach()
  set(page "${page}" PARENT_SCOPE)
endfunction()

inline("<link rel=\"stylesheet\" href=\"([^\"]+)\">" style)
inline("<script src=\"([^\"]+)\"></script>" script)

file(WRITE "${OUTPUT}" "#include <string_view>

namespace ${NAMESPACE} {

extern const std::string_view ${NAME};
const std::string_view ${NAME} = R\"holdfast(${page})holdfast\";

}  // namespace ${NAMESPACE}
")

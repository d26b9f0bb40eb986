#include "storage/folder_error.hpp"

namespace holdfast::storage {

FolderError as_folder_error(const std::string& dir, const IoError& error) {
  using Kind = FolderError::Kind;
  const std::string text = "data folder " + dir + ": " + error.message() + ". ";
  switch (error.kind) {
    case IoError::Kind::kPermission:
      return {Kind::kPermission, text +
                                     "Start the server as the folder's owner, or give its user "
                                     "read and write access to the folder."};
    case IoError::Kind::kLocked:
      return {Kind::kLocked, text +
                                 "Another server runs on this folder: stop it, or give each "
                                 "server a folder of its own."};
    case IoError::Kind::kNoSpace:
      return {Kind::kIo, text + "Make room on its file system."};
    case IoError::Kind::kIo:
    case IoError::Kind::kExists:
    case IoError::Kind::kNotFound:
    case IoError::Kind::kOther:
      break;
  }
  return {Kind::kIo, text + "Check the path and the disk."};
}

}  // namespace holdfast::storage
